"""The faces of a person over HTTP: added, listed, shown."""

import hashlib
from uuid import uuid4

import pytest

ANN = "/directories/acme/persons/ann"


async def add(gateway, *photographs, person=ANN, **fields):
    files = [("file", (f"{number}.jpg", photograph)) for number, photograph in enumerate(photographs)]
    return await gateway.post(f"{person}/faces", files=files, data=fields)


async def added(gateway, *photographs, **fields):
    response = await add(gateway, *photographs, **fields)
    assert response.is_success, response.text
    return [item["face"] for item in response.json()["items"]]


async def test_each_photograph_has_an_outcome(gateway, ann, ann_again, party, nobody):
    answer = await add(gateway, ann, party, ann, b"", b"text", nobody, ann_again)

    assert answer.status_code == 201
    body = answer.json()
    assert [(item["filename"], item["outcome"]) for item in body["items"]] == [
        ("0.jpg", "created"),
        ("1.jpg", "refused"),
        ("2.jpg", "known"),
        ("3.jpg", "refused"),
        ("4.jpg", "refused"),
        ("5.jpg", "refused"),
        ("6.jpg", "created"),
    ]
    codes = [item["problem"]["code"] for item in body["items"] if item["problem"]]
    assert codes == ["several-faces", "file-empty", "invalid-file-format", "no-face"]
    assert (body["created"], body["known"], body["refused"]) == (2, 1, 4)
    assert body["items"][0]["face"] == body["items"][2]["face"]
    assert body["items"][1]["face"] is None
    assert len((await gateway.get(f"{ANN}/faces")).json()["items"]) == 2


async def test_the_same_again_is_known(gateway, ann):
    [first] = await added(gateway, ann)
    again = await add(gateway, ann)
    assert again.status_code == 200
    assert again.json()["items"][0]["face"] == first


async def test_none_added_is_a_problem_that_says_why(gateway, database, nobody, party):
    answer = await add(gateway, nobody, party)

    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
    body = answer.json()
    assert body["code"] == "no-face-enrolled"
    assert [item["problem"]["code"] for item in body["items"]] == ["no-face", "several-faces"]
    assert await database.fetchval("SELECT count(*) FROM images") == 0


async def test_whom_to_take_is_chosen_for_all(gateway, group):
    [face] = await added(gateway, group, face="largest")
    assert 100 <= face["box"][0] < face["box"][2] <= 400


@pytest.mark.parametrize(
    ("person", "fields", "code"),
    [(ANN, {"face": "smallest"}, "invalid-field"), ("/directories/acme/persons/a%00b", {}, "invalid-name")],
)
async def test_what_is_wrong_with_all_of_them(gateway, ann, person, fields, code):
    response = await add(gateway, ann, person=person, **fields)
    assert (response.status_code, response.json()["code"]) == (400, code)


async def test_no_photograph_and_too_many(gateway):
    assert (await gateway.post(f"{ANN}/faces")).json()["code"] == "file-missing"
    assert (await add(gateway, *[b"x"] * 21)).json()["code"] == "invalid-form"


async def test_an_outage_fails_the_call_and_a_retry_goes_on(serve, settings, database, ann, ann_again):
    without = await serve(settings.model_copy(update={"vectorizer_urls": "http://127.0.0.1:1"}))
    failed = await add(without, ann, ann_again)
    assert (failed.status_code, failed.json()["code"]) == (503, "vectorizer-unavailable")
    assert failed.headers["Retry-After"]

    [_, again] = await added(await serve(settings), ann, ann_again)
    assert await database.fetchval("SELECT count(*) FROM faces") == 2
    assert again["person"] == "ann"


async def test_faces_come_in_pages_the_oldest_first(gateway, ann, ann_again, bob):
    faces = await added(gateway, ann, ann_again, bob)
    await added(gateway, bob, person="/directories/acme/persons/bob")

    seen, cursor = [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await gateway.get(f"{ANN}/faces", params=query)).json()
        seen += page["items"]
        cursor = page["next"]
        if cursor is None:
            break

    assert seen == faces
    whole = (await gateway.get(f"{ANN}/faces")).json()
    assert whole == {"items": faces, "next": None}


async def test_a_face_its_photograph_and_its_crop(gateway, ann):
    [face] = await added(gateway, ann)
    place = f"{ANN}/faces/{face['face']}"

    assert (await gateway.get(place)).json() == face
    image = await gateway.get(f"{place}/image")
    assert hashlib.sha256(image.content).digest() == hashlib.sha256(ann).digest()
    assert image.content == (await gateway.get(face["image"])).content
    crop = await gateway.get(face["crop"])
    assert (crop.status_code, crop.headers["Content-Type"]) == (200, "image/jpeg")
    assert crop.content.startswith(b"\xff\xd8\xff")
    assert crop.headers["Cache-Control"] == image.headers["Cache-Control"] == "private, max-age=300"


async def test_a_deleted_face_is_gone_and_so_is_its_photograph(gateway, ann, ann_again):
    face, other = await added(gateway, ann, ann_again)
    [twin] = await added(gateway, ann_again, person="/directories/acme/persons/twin")

    receipts = [(await gateway.delete(f"{ANN}/faces/{one['face']}")).json() for one in (face, other)]

    assert [(one["face"], one["persons"], one["faces"], one["images"]) for one in receipts] == [
        (face["face"], 0, 1, 1),
        (other["face"], 0, 1, 0),  # somebody else has its photograph, too
    ]
    assert (await gateway.get(face["crop"])).json()["code"] == "face-not-found"
    assert (await gateway.get(face["image"])).json()["code"] == "file-not-found"
    assert (await gateway.get(twin["image"])).is_success
    assert (await gateway.get(f"{ANN}/faces")).json() == {"items": [], "next": None}
    again = await gateway.delete(f"{ANN}/faces/{face['face']}")
    assert (again.status_code, again.json()["code"]) == (404, "face-not-found")


async def test_a_name_of_any_characters_leads_to_its_crop(gateway, ann):
    [face] = await added(gateway, ann, person="/directories/a%2Fb/persons/%C3%A4%20%3F")
    assert face["person"] == "ä ?"
    assert (await gateway.get(face["crop"])).is_success


async def test_what_is_not_there(gateway, ann, bob):
    [face] = await added(gateway, ann)
    await added(gateway, bob, person="/directories/acme/persons/bob")
    for place, status, code in (
        (f"{ANN}/faces/{uuid4()}", 404, "face-not-found"),
        (f"/directories/acme/persons/bob/faces/{face['face']}", 404, "face-not-found"),
        (f"{ANN}/faces/{uuid4()}/crop", 404, "face-not-found"),
        (f"{ANN}/faces/{uuid4()}/image", 404, "face-not-found"),
        ("/directories/acme/persons/nobody/faces", 404, "person-not-found"),
        (f"/directories/acme/persons/nobody/faces/{face['face']}", 404, "person-not-found"),
        ("/directories/none/persons/ann/faces", 404, "directory-not-found"),
        (f"{ANN}/faces?limit=0", 400, "invalid-field"),
        (f"{ANN}/faces?cursor=x", 400, "invalid-field"),
        (f"{ANN}/faces/1", 400, "invalid-field"),
    ):
        response = await gateway.get(place)
        assert (response.status_code, response.json()["code"]) == (status, code), place
