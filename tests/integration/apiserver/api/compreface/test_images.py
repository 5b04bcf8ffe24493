"""Photographs of subjects: added, listed, downloaded and deleted."""

import io
from uuid import uuid4

import pytest
from PIL import Image

from apiserver.people import subjects
from tests.integration.apiserver.api.compreface.conftest import base64_of, jpeg

pytestmark = pytest.mark.asyncio(loop_scope="module")

FACES = "recognition/faces"


async def listed(service, **params):
    return await service.call(f"GET {FACES}", params=params)


async def names(service):
    return (await service.call("GET recognition/subjects"))["subjects"]


async def test_a_photograph_makes_its_subject(service, ann, ann_again):
    first = await service.call(f"POST {FACES}", 201, params={"subject": "Ann"}, files=jpeg(ann))
    body = {"file": base64_of(ann_again), "ignored": [1]}
    second = await service.call(f"POST {FACES}", 201, params={"subject": "ANN", "det_prob_threshold": "0.8"}, json=body)
    assert (first["subject"], second["subject"]) == ("Ann", "Ann")
    assert await names(service) == ["Ann"]
    again = await service.call(f"POST {FACES}", 201, params={"subject": "ann"}, files=jpeg(ann))
    assert again == first
    assert (await listed(service))["total_elements"] == 2


async def test_a_subject_may_be_a_field_of_the_form(service, ann):
    answer = await service.call(f"POST {FACES}", 201, data={"subject": "Ann"}, files=jpeg(ann))
    assert answer["subject"] == "Ann"


@pytest.mark.parametrize(
    ("code", "name", "options"),
    [
        (28, "nobody", {}),
        (28, "ann", {"params": {"subject": "x", "det_prob_threshold": "1"}}),
        (31, "party", {}),
        (21, "ann", {"name": "photo.txt"}),
        (21, "ann", {"name": "photo"}),
        (33, "ann", {"params": {}}),
        (26, "ann", {"params": {"subject": " "}}),
        (26, "ann", {"params": {"subject": "a/b"}}),
        (36, "ann", {"params": {"subject": "x", "det_prob_threshold": "high"}}),
        (26, "ann", {"params": {"subject": "x", "det_prob_threshold": "nan"}}),
        (26, "ann", {"params": {"subject": "x", "det_prob_threshold": "1.5"}}),
    ],
)
async def test_refused_photographs_make_no_subject(refusing, request, code, name, options):
    file = (options.get("name", "photo.PNG"), request.getfixturevalue(name))
    params = options.get("params", {"subject": "x"})
    assert await refusing.code(f"POST {FACES}", params=params, files={"file": file}) == code
    assert await names(refusing) == []


@pytest.mark.parametrize(
    ("code", "body"),
    [
        (34, {}),
        (34, {"file": None}),
        (26, {"file": 5}),
        (26, []),
        (21, {"file": "not Base64!"}),
        (21, {"file": "QUJD\nQUJD"}),
        (21, {"file": "QUI"}),
        (21, {"file": ""}),
        (21, {"file": "é"}),
        (21, {"file": "QUJDRA=="}),  # it is none of an image
    ],
)
async def test_refused_json(refusing, code, body):
    assert await refusing.code(f"POST {FACES}", params={"subject": "x"}, json=body) == code
    assert await names(refusing) == []


@pytest.mark.parametrize(("code", "status"), [(34, 400), (21, 400)])
async def test_parts_that_are_none(refusing, ann, code, status):
    files = jpeg(ann, "photo") if code == 34 else {"file": ("a.jpg", b"")}
    assert await refusing.code(f"POST {FACES}", status, params={"subject": "x"}, files=files) == code


async def test_a_photograph_of_too_many_bytes(refusing):
    content = bytes(33_000_000)
    assert await refusing.code(f"POST {FACES}", 413, params={"subject": "x"}, files=jpeg(content)) == 21
    assert await refusing.code(f"POST {FACES}", 413, params={"subject": "x"}, json={"file": base64_of(content)}) == 21


async def test_pages(service, ann, ann_again, bob):
    ids = [await service.add(*each) for each in (("Ann", ann), ("Ann", ann_again), ("Bob", bob))]
    pages = [await listed(service, page=page, size=2) for page in range(3)]
    assert [len(page["faces"]) for page in pages] == [2, 1, 0]
    assert {face["image_id"] for page in pages for face in page["faces"]} == set(ids)
    assert [
        (page["page_number"], page["page_size"], page["total_pages"], page["total_elements"]) for page in pages
    ] == [(number, 2, 2, 3) for number in range(3)]
    assert (await listed(service, subject="BOB"))["faces"] == [{"image_id": ids[2], "subject": "Bob"}]
    for unknown in ("nobody", "\0Ann", "x" * 3_000):
        assert (await listed(service, subject=unknown))["total_elements"] == 0
    for odd in ({"page": "-1", "size": "x"}, {"page": "", "size": "0"}, {"page": "9" * 30, "size": "9" * 30}):
        assert len((await listed(service, **odd))["faces"]) == 3, odd
    assert (await listed(service, page=999_999_999, size=999_999_999))["faces"] == []


async def test_a_name_may_be_decomposed(service, ann):
    """As macOS writes it."""
    image = await service.add("Zoe\u0308", ann)
    assert (await listed(service, subject="zoe\u0308"))["faces"] == [{"image_id": image, "subject": "Zo\u00eb"}]
    assert await service.call(f"DELETE {FACES}", params={"subject": "Zoe\u0308"}) == {"deleted": 1}


async def test_they_are_deleted(service, ann, ann_again, bob, keys_database):
    ids = [await service.add(*each) for each in (("Ann", ann), ("Ann", ann_again), ("Bob", bob))]
    assert await service.call(f"DELETE {FACES}/{ids[0]}") == {"image_id": ids[0], "subject": "Ann"}
    assert await service.code(f"DELETE {FACES}/{ids[0]}", 404) == 44
    gone = [ids[0], str(uuid4()), ids[2]]
    assert await service.call(f"POST {FACES}/delete", json=gone) == [{"image_id": ids[2], "subject": "Bob"}]
    assert await service.call(f"DELETE {FACES}", params={"subject": "nobody"}) == {"deleted": 0}
    assert await service.call(f"DELETE {FACES}", params={"subject": "ANN"}) == {"deleted": 1}
    assert await names(service) == ["Ann", "Bob"]
    await service.add("Ann", ann)
    assert await service.call(f"DELETE {FACES}") == {"deleted": 1}
    assert await service.call(f"POST {FACES}/delete", json=[]) == []
    audited = await keys_database.fetch(
        "SELECT cardinality(persons) AS persons FROM audit WHERE directory = $1 AND counts ? 'images'",
        service.directory,
    )
    assert [entry["persons"] for entry in audited] == [1, 1, 1, 1]


@pytest.mark.parametrize("image", ["x", "%00", "1", "..", "[a]", "a%2Fb"])
@pytest.mark.parametrize("action", ["DELETE {}", "GET {}/img"])
async def test_ids_that_are_none(refusing, action, image):
    assert await refusing.code(action.format(f"{FACES}/{image}"), 404) in {0, 44}  # `..` is resolved by the client


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[1]", b"[null]", b'["x"]', b'"x"', b"[[]]", b"[" * 9000, b"[" + b"0," * 20_000 + b"0]"]
)
async def test_lists_of_ids_that_are_none(refusing, body):
    assert await refusing.code(f"POST {FACES}/delete", content=body) == 26


async def test_a_photograph_is_downloaded(service, ann, keys_database):
    image = await service.add("Ann", ann)
    content = await service.call(f"GET {FACES}/{image}/img")
    assert Image.open(io.BytesIO(content)).size == Image.open(io.BytesIO(ann)).size
    assert await service.call(f"GET {FACES}/{uuid4()}/img") == b""
    statement = "UPDATE faces SET image = NULL WHERE directory = $1"  # as after the import of a bundle
    await keys_database.execute(statement, service.directory)
    assert await service.call(f"GET {FACES}/{image}/img") == b""
    assert (await listed(service))["faces"] == []


async def test_two_subjects_made_at_the_same_time_become_one(service, ann, bob, keys_database):
    """As if another gateway had made the second one meanwhile."""
    await service.add("Ann", ann)
    made = "INSERT INTO persons (directory, person) VALUES ($1, 'ANN')"
    await keys_database.execute(made, service.directory)
    await service.add("Bob", bob)
    moved = "UPDATE faces SET person = 'ANN' WHERE directory = $1 AND person = 'Bob'"
    await keys_database.execute(moved, service.directory)
    assert await subjects.settle(keys_database, service.directory, "ANN") == "Ann"
    assert await subjects.settle(keys_database, service.directory, "ANN") == "Ann"
    assert (await listed(service, subject="ann"))["total_elements"] == 2
    assert await names(service) == ["Ann", "Bob"]


async def test_a_body_of_many_values_is_refused_before_it_is_parsed(refusing):
    """Besides its photographs, it has as many bytes as a body without any."""
    body = {"file": "", "other": ["a"] * 20_000}
    assert await refusing.code(f"POST {FACES}", params={"subject": "x"}, json=body) == 26
