"""POST /learn with real photographs."""

import asyncio
import hashlib
import re

import pytest

URL = re.compile(r"/files/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.jpg")


async def learn(gateway, photograph, **fields):
    return await gateway.post("/learn", data={"person": "ann", **fields}, files={"file": ("portrait.jpg", photograph)})


async def test_the_answer_is_the_contract(gateway, ann):
    response = await learn(gateway, ann, directory="acme")

    answer = response.json()
    assert response.status_code == 201
    assert (answer["status"], answer["filename"], answer["directory"]) == ("OK", "portrait.jpg", "acme")
    assert URL.fullmatch(answer["url"])
    [person] = answer["persons"]
    left, top, right, bottom = person["box"]
    assert person["id"] == "ann"
    assert [left, top, right, bottom] == pytest.approx([178, 63, 268, 176], abs=8)
    assert 0.8 < person["score"] <= 1
    assert answer["created"] is True


async def test_the_directory_is_optional(gateway, ann):
    assert (await learn(gateway, ann)).json()["directory"] == "default"


async def test_everything_is_in_the_database(gateway, database, ann):
    answer = (await learn(gateway, ann, directory="acme")).json()

    face = await database.fetchrow("SELECT * FROM faces JOIN images USING (directory, image)")
    assert str(face["face"]) == answer["persons"][0]["face"]
    assert (face["directory"], face["person"], face["model"]) == ("acme", "ann", answer["model"])
    assert list(face["box"]) == answer["persons"][0]["box"]
    assert face["image_sha256"] == face["sha256"] == hashlib.sha256(ann).digest()
    assert face["crop"].startswith(b"\xff\xd8\xff")
    assert face["expires_at"] is None
    assert (face["media_type"], face["size_bytes"]) == ("image/jpeg", len(ann))


async def test_the_same_photograph_twice_is_one_face_and_the_same_answer(gateway, database, ann):
    first, second = (await learn(gateway, ann), await learn(gateway, ann))

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json() | {"created": False}
    assert await database.fetchval("SELECT count(*) FROM faces") == 1


@pytest.mark.timing
async def test_the_same_photograph_at_the_same_time_is_one_face(gateway, database, ann):
    answers = [response.json() for response in await asyncio.gather(*(learn(gateway, ann) for _ in range(6)))]

    assert sorted(answer["created"] for answer in answers) == [False] * 5 + [True]
    assert len({answer["persons"][0]["face"] for answer in answers}) == 1
    assert await database.fetchval("SELECT count(*) FROM faces") == 1


async def test_one_photograph_may_show_two_names(gateway, database, ann):
    await learn(gateway, ann)
    other = await learn(gateway, ann, person="eileen")

    assert other.json()["created"] is True
    assert await database.fetchval("SELECT count(*) FROM images") == 1


@pytest.mark.parametrize("name", ["a", "x" * 255, "👩‍🚀", "'; DROP TABLE faces; --"])
async def test_unusual_names_come_back_as_they_are(gateway, ann, name):
    response = await learn(gateway, ann, person=name, directory=name)

    assert response.status_code == 201
    assert response.json()["persons"][0]["id"] == response.json()["directory"] == name


async def test_not_exactly_one_face(gateway, database, nobody, party):
    for photograph, text, code in (
        (nobody, "No face detected.", "no-face"),
        (party, "More than one face detected.", "several-faces"),
    ):
        response = await learn(gateway, photograph)
        envelope = {"status": text, "code": code, "persons": None, "trace_id": None}
        request_id = {"request_id": response.headers["X-Request-ID"]}
        assert (response.status_code, response.json()) == (400, envelope | request_id)
    assert await database.fetchval("SELECT count(*) FROM images") == 0


async def test_face_chooses_among_several(gateway, group):
    """The left one is the largest, the one beside it the most central."""
    largest, center = [
        (await learn(gateway, group, person=choice, face=choice)).json()["persons"][0]["box"]
        for choice in ("largest", "center")
    ]

    assert 100 <= largest[0] < largest[2] <= 400
    assert 500 <= center[0] < center[2] <= 620


async def test_no_face_to_choose(gateway, nobody):
    assert (await learn(gateway, nobody, face="largest")).json()["code"] == "no-face"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"person": ""}, "Person identification is required."),
        ({"directory": ""}, "Directory is required."),
        ({"person": "a\0b"}, "A name must have 1 to 255 characters and no control characters."),
        ({"person": "x" * 256}, "A name must have 1 to 255 characters and no control characters."),
    ],
)
async def test_fields_are_checked_before_the_photograph_is_looked_at(gateway, fields, status):
    response = await learn(gateway, b"not even an image", **fields)
    assert (response.status_code, response.json()["status"]) == (400, status)


async def test_without_a_person(gateway, ann):
    response = await gateway.post("/learn", files={"file": ann})
    assert response.json()["status"] == "Person identification is required."


async def test_get_is_refused_in_the_envelope(gateway):
    response = await gateway.get("/learn")

    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"
    assert (response.json()["code"], response.json()["persons"]) == ("method-not-allowed", None)
