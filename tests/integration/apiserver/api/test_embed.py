"""POST /embed with real photographs."""

import numpy as np
import pytest


@pytest.fixture
def embed(gateway):
    async def embed(photograph):
        return await gateway.post("/embed", files={"file": ("photo.jpg", photograph)})

    return embed


async def test_every_face_has_an_embedding_and_nothing_is_kept(embed, database, party):
    response = await embed(party)

    answer = response.json()
    assert response.status_code == 200
    assert answer["model"].startswith("sface_2021dec@")
    assert answer["width"] > answer["height"] == 712
    assert len(answer["faces"]) == 3
    for face in answer["faces"]:
        assert np.linalg.norm(face["embedding"]) == pytest.approx(1, abs=1e-5)
    assert await database.fetchval("SELECT count(*) FROM images") == 0


async def test_their_inner_product_is_the_similarity_of_recognize(gateway, embed, ann, ann_again):
    first, second = [np.array((await embed(photo)).json()["faces"][0]["embedding"]) for photo in (ann, ann_again)]
    await gateway.post("/learn", data={"person": "ann"}, files={"file": ann})
    found = (await gateway.post("/recognize", files={"file": ann_again})).json()["persons"][0]
    assert first @ second == pytest.approx(found["similarity"], abs=1e-3)


async def test_nobody(embed, nobody):
    assert (await embed(nobody)).json()["faces"] == []


@pytest.mark.parametrize(("content", "code"), [(b"", "file-empty"), (b"no image", "invalid-file-format")])
async def test_a_file_that_cannot_be(embed, content, code):
    response = await embed(content)
    assert (response.status_code, response.json()["code"]) == (400, code)
    assert response.headers["content-type"] == "application/problem+json"


async def test_without_a_file(gateway):
    response = await gateway.post("/embed", data={})
    assert (response.status_code, response.json()["code"]) == (400, "file-missing")
