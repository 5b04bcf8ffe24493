"""POST /detect with real photographs."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def detect(gateway):
    async def detect(photograph, **fields):
        return await gateway.post("/detect", data=fields, files={"file": ("photo.jpg", photograph)})

    return detect


async def test_where_the_faces_are_and_how_good(detect, database, party):
    response = await detect(party)

    answer = response.json()
    assert response.status_code == 200
    assert len(answer["faces"]) == 3
    assert answer["model"].startswith("sface_2021dec@")
    for face in answer["faces"]:
        left, top, right, bottom = face["box"]
        assert len(face["landmarks"]) == 5
        assert all(left < x < right and top < y < bottom for x, y in face["landmarks"])
        assert face["quality"]["size"] == min(right - left, bottom - top)
        assert 0 < face["quality"]["brightness"] < 1
        assert max(map(abs, face["pose"].values())) < 60
    assert await database.fetchval("SELECT count(*) FROM images") == 0


async def test_only_large_or_sure_faces(detect, group):
    sizes = [face["quality"]["size"] for face in (await detect(group)).json()["faces"]]
    large = (await detect(group, min_size=max(sizes))).json()["faces"]
    assert [face["quality"]["size"] for face in large] == [max(sizes)]
    assert (await detect(group, min_score="1")).json()["faces"] == []


async def test_the_faces_are_drawn_in(detect, party):
    boxes = [face["box"] for face in (await detect(party)).json()["faces"]]
    drawn, bare = await detect(party, draw="true"), await detect(party, draw="true", min_size="10000")

    assert drawn.headers["content-type"] == "image/jpeg"
    before, with_boxes, without = (
        np.asarray(Image.open(BytesIO(content)), float) for content in (party, drawn.content, bare.content)
    )
    assert before.shape == with_boxes.shape
    assert np.abs(without - before).max() < 60, "only coded anew"
    for left, top, right, bottom in boxes:
        edge = with_boxes[(top + bottom) // 2, [left, right]]
        assert (edge[:, 1] > edge[:, 0] + 50).all(), "green"


@pytest.mark.parametrize("draw", ["false", "true"])
@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "file-empty"),
        (b"no image", 400, "invalid-file-format"),
        (b"\xff\xd8\xff\xe0 cut", 422, "image-unreadable"),
    ],
)
async def test_a_file_that_cannot_be(detect, draw, content, status, code):
    response = await detect(content, draw=draw)
    assert (response.status_code, response.json()["code"]) == (status, code)


@pytest.mark.parametrize("fields", [{"min_score": "2"}, {"min_size": "-1"}, {"draw": "perhaps"}, {"min_score": "nan"}])
async def test_fields_that_cannot_be(detect, ann, fields):
    response = await detect(ann, **fields)
    assert (response.status_code, response.json()["code"]) == (400, "invalid-field")


async def test_a_turned_photograph_is_turned_back_unless_its_sender_says_so(detect, ann):
    upright = (await detect(ann)).json()
    sideways = Image.open(BytesIO(ann)).rotate(90, expand=True)
    file = BytesIO()
    sideways.save(file, "PNG")

    turned = (await detect(file.getvalue())).json()
    as_sent = (await detect(file.getvalue(), orientation="as-sent")).json()

    assert (upright["orientation"], turned["orientation"], as_sent["orientation"]) == (0, 90, 0)
    assert (turned["width"], turned["height"]) == (upright["height"], upright["width"])
    lefts = sorted(upright["width"] - face["box"][2] for face in upright["faces"])
    tops = sorted(face["box"][1] for face in turned["faces"])
    assert tops == pytest.approx(lefts, abs=12)


@pytest.mark.parametrize("field", ["orientation", "detail"])
async def test_how_to_look_is_one_of_a_few_words(detect, group, field):
    response = await detect(group, **{field: "upside-down"})
    assert (response.status_code, response.json()["code"]) == (400, "invalid-field")
