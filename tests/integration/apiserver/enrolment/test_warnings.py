"""Warnings of /learn about poor photographs and resemblances, and its answers about several files."""

import asyncio
import io
import json

import pytest
from PIL import Image, ImageFilter


def jpeg(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=95)
    return file.getvalue()


def opened(photograph: bytes) -> Image.Image:
    return Image.open(io.BytesIO(photograph))


@pytest.fixture
def learn(gateway):
    async def post(person, *photographs, **fields):
        files = [("file", (f"{number}.jpg", photograph)) for number, photograph in enumerate(photographs)]
        return await gateway.post("/learn", data={"person": person, **fields}, files=files)

    return post


def codes(answer) -> list[str]:
    return [warning["code"] for warning in answer["warnings"]]


async def test_a_good_photograph_is_not_warned_about(learn, ann):
    assert (await learn("ann", ann)).json()["warnings"] == []


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda image: image.filter(ImageFilter.GaussianBlur(4)), "blurred"),
        (lambda image: image.point(lambda value: value * 0.2), "too-dark"),
        (lambda image: image.resize((128, 128)), "face-too-small"),
    ],
)
async def test_a_poor_photograph_is_learned_with_a_warning(gateway, learn, ann, spoil, code):
    await gateway.put("/directories/default", json={"recognizability_floor": 0})  # it does not matter here
    answer = (await learn("ann", jpeg(spoil(opened(ann))))).json()

    assert answer["created"] is True
    [warning] = answer["warnings"]
    assert warning["code"] == code
    assert warning["value"] < warning["limit"]
    assert set(warning) == {"code", "detail", "value", "limit"}


async def test_a_face_that_is_enrolled_as_another_person(learn, ann, ann_again, cid):
    await learn("ann", ann)
    await learn("cid", cid)

    answer = (await learn("eileen", ann_again)).json()
    [warning] = answer["warnings"]
    assert (warning["code"], warning["person"]) == ("enrolled-as-another", "ann")
    assert warning["value"] > warning["limit"]


async def test_a_face_that_resembles_another_person_more(learn, database, ann, ann_again, cid):
    await learn("ann", ann)
    await learn("cid", cid)

    answer = (await learn("cid", ann_again)).json()
    assert codes(answer) == ["enrolled-as-another", "closer-to-another", "unlike-own"]
    assert [warning.get("person") for warning in answer["warnings"]] == ["ann", "ann", None]
    assert await database.fetchval("SELECT count(*) FROM faces WHERE person = 'cid'") == 2


async def test_more_faces_of_the_same_person_cause_no_warning(learn, ann, ann_again, cid):
    await learn("cid", cid)
    await learn("ann", ann)
    assert codes((await learn("ann", ann_again)).json()) == []


async def test_a_photograph_of_somebody_else_is_unlike_the_persons_own(learn, ann, ann_again, cid):
    await learn("ann", ann, ann_again)

    [warning] = (await learn("ann", cid)).json()["warnings"]
    assert (warning["code"], set(warning)) == ("unlike-own", {"code", "detail", "value", "limit"})
    assert warning["value"] < warning["limit"]
    assert "none of the person's 2 other photographs" in warning["detail"]
    assert codes((await learn("ann", cid)).json()) == ["unlike-own"], "it does not resemble itself"
    assert codes((await learn("ann", ann)).json()) == []


async def test_of_two_photographs_that_differ_either_may_be_the_wrong_one(learn, ann, cid):
    assert codes((await learn("ann", cid)).json()) == [], "there is nothing else to resemble"

    [warning] = (await learn("ann", ann)).json()["warnings"]
    assert warning["code"] == "unlike-own"
    assert "it is not known which" in warning["detail"]


async def test_a_large_directory_is_compared_as_a_small_one(serve, settings, ann, ann_again, cid):
    gateway = await serve(settings.model_copy(update={"search_exact_faces": 0}))

    async def learn(person, photograph):
        answer = await gateway.post("/learn", data={"person": person}, files={"file": photograph})
        return [(warning["code"], warning.get("person")) for warning in answer.json()["warnings"]]

    assert await learn("ann", ann) == []
    assert await learn("ann", ann_again) == []
    assert await learn("cid", ann) == [("enrolled-as-another", "ann")]
    assert await learn("ann", cid) == [("unlike-own", None)]


@pytest.mark.timing
async def test_of_two_who_learn_one_face_at_the_same_time_one_hears_of_the_other(learn, ann):
    answers = await asyncio.gather(*(learn(person, ann) for person in ("ann", "eileen")))
    assert "enrolled-as-another" in [code for answer in answers for code in codes(answer.json())]


async def test_a_box_chooses_among_several(learn, group):
    """The face on the right, which neither `largest` nor `center` chooses."""
    right = (await learn("a", group, face="largest", box="740,110,900,290")).json()
    assert right["persons"][0]["box"][0] > 700

    elsewhere = await learn("a", group, box="0,0,50,50")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (400, "no-face-in-box")
    assert (await learn("a", group, box="1,2,3")).json()["code"] == "invalid-field"


async def test_of_several_files_each_has_its_outcome(learn, database, ann, ann_again, nobody):
    await learn("ann", ann)
    response = await learn("ann", ann, ann_again, nobody, b"no image", b"")

    answer = response.json()
    assert response.status_code == 201
    assert (answer["status"], answer["directory"]) == ("OK", "default")
    assert [file["filename"] for file in answer["files"]] == [f"{number}.jpg" for number in range(5)]
    assert [file["outcome"] for file in answer["files"]] == ["known", "created", *3 * ["refused"]]
    problems = [file["problem"] and file["problem"]["code"] for file in answer["files"]]
    assert problems == [None, None, "no-face", "invalid-file-format", "file-empty"]
    assert [len(file["persons"]) for file in answer["files"]] == [1, 1, 0, 0, 0]
    assert [bool(file["url"]) for file in answer["files"]] == [True, True, False, False, False]
    assert await database.fetchval("SELECT count(*) FROM faces") == 2


async def test_several_files_that_are_all_refused(learn, database, nobody):
    response = await learn("ann", nobody, b"no image")

    answer = response.json()
    assert (response.status_code, answer["code"], answer["persons"]) == (422, "no-face-enrolled", None)
    assert [file["problem"]["code"] for file in answer["files"]] == ["no-face", "invalid-file-format"]
    assert await database.fetchval("SELECT count(*) FROM persons") == 0


@pytest.fixture
def set_quality(gateway):
    async def put(**quality):
        assert (await gateway.put("/directories/default", json={"quality": quality})).status_code in {200, 201}

    return put


async def test_a_directory_may_refuse_poor_photographs(learn, database, set_quality, ann):
    await set_quality(action="refuse", min_face_pixels=100, min_brightness=0.9, max_brightness=1.0)
    response = await learn("ann", ann)

    answer = response.json()
    assert (response.status_code, answer["code"], answer["persons"]) == (422, "poor-quality", None)
    assert answer["status"].startswith("Poor photograph (face-too-small, too-dark). ")
    assert await database.fetchval("SELECT count(*) FROM images") == 0


async def test_a_directory_may_set_its_own_limits_or_none(learn, set_quality, ann):
    await set_quality(min_face_pixels=100)
    assert codes((await learn("ann", ann)).json()) == ["face-too-small"]
    await set_quality(action="off", min_face_pixels=100)
    assert codes((await learn("ann", ann)).json()) == []


async def test_measurements_are_kept(learn, database, ann):
    await learn("ann", ann)
    measured = json.loads(await database.fetchval("SELECT quality FROM faces"))
    assert 0.5 < measured["sharpness"] < 1.5
    assert 0.3 < measured["brightness"] < 0.8
    assert all(abs(measured[angle]) < 30 for angle in ("yaw", "pitch", "roll"))
