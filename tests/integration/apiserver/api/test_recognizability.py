"""Faces that nobody could be recognized by: unknown to every call, refused by every enrolment, listed."""

import json
from typing import Any

import httpx
import pytest
from PIL import Image, ImageFilter, ImageOps

from tests.integration.apiserver.api.test_imports import (
    Hire,
    ended,
    exported,
    here,
    hire,
    other,
    outcomes,
    rewritten,
    start,
    zipped,
)
from tests.integration.apiserver.conftest import encoded, on_grey
from tests.photographs import stranger

__all__ = ["here", "hire", "other"]  # fixtures

Pair = tuple[bytes, bytes]


def blurred(number: int, pixels: float) -> Image.Image:
    return on_grey(stranger(number)).filter(ImageFilter.GaussianBlur(pixels))


def pair(kind: str) -> Pair:
    """Return photographs of two strangers, so spoiled that their embeddings match."""
    if kind == "blurred":
        return encoded(blurred(34, 9)), encoded(blurred(18, 9))
    return encoded(ImageOps.invert(on_grey(stranger(22)))), encoded(ImageOps.invert(on_grey(stranger(2))))


@pytest.fixture(params=["blurred", "negative"])
def strangers(request: pytest.FixtureRequest) -> Pair:
    return pair(request.param)


@pytest.fixture
def learn(gateway: httpx.AsyncClient) -> Any:
    async def post(person: str, photograph: bytes, directory: str = "acme") -> httpx.Response:
        fields = {"person": person, "directory": directory}
        return await gateway.post("/learn", data=fields, files={"file": photograph})

    return post


@pytest.fixture
def set_floor(gateway: httpx.AsyncClient) -> Any:
    async def put(floor: float | None, directory: str = "acme") -> dict[str, Any]:
        answer = await gateway.put(f"/directories/{directory}", json={"recognizability_floor": floor})
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    return put


@pytest.fixture
def ask(gateway: httpx.AsyncClient) -> Any:
    async def post(path: str, photograph: bytes, **fields: str) -> dict[str, Any]:
        scope = {} if path in {"/detect", "/embed"} else {"directory": "acme"}
        answer = await gateway.post(path, data=scope | fields, files={"file": photograph})
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    return post


async def test_a_stranger_is_not_named_however_similar_the_embeddings_are(database, learn, set_floor, ask, strangers):
    enrolled, probe = strangers
    await set_floor(0)
    assert (await learn("eve", enrolled)).status_code == 201
    [let_in] = (await ask("/recognize", probe))["persons"]
    assert (let_in["id"], let_in["decision"], let_in["reason"]) == ("eve", "match", None), "it is the floor that helps"
    assert (await ask("/verify", probe, person="eve"))["decision"] == "match"
    await database.execute("UPDATE persons SET last_seen_at = NULL")
    await database.execute("DELETE FROM matched_images")

    own_floor = (await set_floor(None))["thresholds"]["recognizability_floor"]
    recognized = await ask("/recognize", probe)
    [face] = recognized["persons"]
    verified = await ask("/verify", probe, person="eve")

    assert "id" not in face
    assert (face["decision"], face["reason"]) == ("unknown", "unrecognizable")
    assert face["candidates"][0]["id"] == "eve"
    assert face["recognizability"] < own_floor == recognized["thresholds"]["recognizability_floor"]
    assert (verified["decision"], verified["reason"]) == ("unknown", "unrecognizable")
    assert verified["recognizability"] == face["recognizability"]
    assert verified["thresholds"]["recognizability_floor"] == own_floor
    assert await database.fetchval("SELECT count(last_seen_at) FROM persons") == 0
    assert await database.fetchval("SELECT count(*) FROM matched_images") == 0


async def test_a_face_below_the_floor_is_compared_with_nobody(gateway, ann, strangers):
    for target, reason in ((strangers[1], "unrecognizable"), (ann, "unrecognizable")):
        answer = (await gateway.post("/compare", files={"source": strangers[0], "target": target})).json()
        [compared] = answer["comparisons"]
        assert (compared["decision"], compared["reason"]) == ("unknown", reason)
        assert answer["source_faces"][0]["recognizability"] < answer["thresholds"]["recognizability_floor"]
    [compared] = (await gateway.post("/compare", files={"source": ann, "target": strangers[0]})).json()["comparisons"]
    assert compared["reason"] == "unrecognizable"
    [same] = (await gateway.post("/compare", files={"source": ann, "target": ann})).json()["comparisons"]
    assert (same["decision"], same["reason"]) == ("match", None)


async def test_identify_applies_the_floor_to_what_is_given_along(gateway, learn, set_floor, ask, strangers):
    enrolled, probe = strangers
    await set_floor(0)
    await learn("eve", enrolled)
    await set_floor(None)
    embedded = await ask("/embed", probe)
    [face] = embedded["faces"]
    body = {"directory": "acme", "model": embedded["model"]}

    async def results(**fields: object) -> list[tuple[str, str | None]]:
        answer = await gateway.post("/identify", content=json.dumps(body | fields))
        assert answer.status_code == 200, answer.text
        return [(result["decision"], result["reason"]) for result in answer.json()["results"]]

    unknown, match = ("unknown", "unrecognizable"), ("match", None)
    one, value = {"embedding": face["embedding"]}, face["recognizability"]
    assert await results(**one) == [match]
    assert await results(**one, recognizability=value) == [unknown]
    several = {"embeddings": [face["embedding"]] * 3}
    assert await results(**several, recognizabilities=[value, None, 1]) == [unknown, match, match]
    for wrong in (
        {**one, "recognizabilities": [value]},
        {**several, "recognizabilities": [value]},
        {**one, "recognizability": 2},
    ):
        assert (await gateway.post("/identify", content=json.dumps(body | wrong))).json()["code"] == "invalid-field"


async def test_an_enrolment_below_the_floor_is_refused(gateway, learn, strangers, ann):
    refused = await learn("eve", strangers[0])
    assert (refused.status_code, refused.json()["code"]) == (422, "unrecognizable")
    assert "upright, sharp and well lit" in refused.json()["status"]
    files = [("file", ("a.jpg", ann)), ("file", ("b.jpg", strangers[0]))]
    added = (await gateway.post("/directories/acme/persons/ann/faces", files=files)).json()
    assert [(item["outcome"], item["problem"] and item["problem"]["code"]) for item in added["items"]] == [
        ("created", None),
        ("refused", "unrecognizable"),
    ]
    quality = await gateway.patch("/directories/acme", json={"quality": {"action": "off"}})
    assert quality.is_success
    assert (await learn("eve", strangers[0])).json()["code"] == "unrecognizable", "it is not one of the quality limits"


async def test_an_import_refuses_what_learn_refuses(gateway, hire: Hire, strangers, ann):
    await hire()
    job = await start(gateway, zipped({"ann/1.jpg": ann, "eve/1.jpg": strangers[0]}))
    assert (await ended(gateway, job))["state"] == "done"
    lines = {line["person"]: (line["outcome"], line["code"]) for line in await outcomes(gateway, job)}
    assert lines == {"ann": ("created", None), "eve": ("refused", "unrecognizable")}


@pytest.mark.parametrize("said", [1.0, None])
async def test_the_recognizability_of_a_bundle_is_measured_whatever_it_says(  # noqa: PLR0917
    gateway, hire: Hire, learn, set_floor, ann, said
):
    await hire()
    await set_floor(0)
    assert (await learn("ann", ann)).is_success
    assert (await learn("eve", pair("negative")[0])).is_success

    def changed(lines: bytes) -> bytes:
        faces = [json.loads(line) for line in lines.splitlines()]
        return b"".join(json.dumps({**face, "recognizability": said}).encode() + b"\n" for face in faces)

    content = rewritten(await exported(gateway), faces=changed)
    enrolled = (await gateway.get("/directories/acme/faces")).json()["items"]
    by_person = {face["person"]: face["recognizability"] for face in enrolled}
    await set_floor(0, "off")

    for directory, eve in (("copy", ("refused", "unrecognizable")), ("off", ("created", None))):
        job = await start(gateway, content, directory)
        assert (await ended(gateway, job))["state"] == "done"
        lines = {line["person"]: (line["outcome"], line["code"]) for line in await outcomes(gateway, job, directory)}
        assert lines == {"ann": ("created", None), "eve": eve}
    copied = (await gateway.get("/directories/off/faces")).json()["items"]
    for face in copied:
        assert face["recognizability"] == pytest.approx(by_person[face["person"]], abs=0.02)


async def test_the_floor_is_a_setting(  # noqa: PLR0917
    gateway, learn, set_floor, ask, ann, ann_again
):
    own = (await set_floor(None))["thresholds"]["recognizability_floor"]
    assert 0 < own < 1
    strict = await set_floor(1)
    assert (strict["recognizability_floor"], strict["thresholds"]["recognizability_floor"]) == (1, 1)
    assert (await learn("ann", ann)).json()["code"] == "unrecognizable"
    kept = await gateway.patch("/directories/acme", json={"fpir": 0.01})
    assert kept.json()["recognizability_floor"] == 1
    reset = await gateway.patch("/directories/acme", json={"recognizability_floor": None})
    assert (reset.json()["recognizability_floor"], reset.json()["thresholds"]["recognizability_floor"]) == (None, own)
    assert (await learn("ann", ann)).is_success
    await set_floor(1)
    assert (await ask("/recognize", ann_again))["persons"][0]["reason"] == "unrecognizable"
    for wrong in (-0.1, 1.1, "high"):
        assert (await gateway.put("/directories/acme", json={"recognizability_floor": wrong})).status_code == 422


async def test_faces_of_a_directory_below_the_floor_are_listed_the_least_recognizable_first(
    gateway, learn, set_floor, ann
):
    await set_floor(0)
    spoiled = {"bob": pair("blurred")[0], "cid": pair("negative")[0], "dan": pair("negative")[1]}
    for person, photograph in {"ann": ann, **spoiled}.items():
        learned = (await learn(person, photograph)).json()["persons"][0]
        [face] = (await gateway.get(f"/directories/acme/persons/{person}/faces")).json()["items"]
        assert face["recognizability"] == learned["recognizability"]

    async def listed(**query: str | int) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            answer = await gateway.get("/directories/acme/faces", params={**query, **cursor})
            assert answer.status_code == 200, answer.text
            page = answer.json()
            items += page["items"]
            if page["next"] is None:
                return items
            cursor = {"cursor": page["next"]}

    by_id, by_recognizability = await listed(limit=1), await listed(limit=1, unrecognizable="true")

    assert sorted(face["person"] for face in by_id) == ["ann", "bob", "cid", "dan"]
    assert [face["face"] for face in by_id] == sorted(face["face"] for face in by_id)
    assert {face["person"] for face in by_recognizability} == {"bob", "cid", "dan"}
    values = [face["recognizability"] for face in by_recognizability]
    assert values == sorted(values)
    await set_floor((values[0] + values[1]) / 2)
    assert [face["recognizability"] for face in await listed(unrecognizable="true")] == values[:1]
    assert (await gateway.get("/directories/nowhere/faces")).status_code == 404
    foreign = (await gateway.get("/directories/acme/faces", params={"limit": 1})).json()["next"]
    mixed = {"unrecognizable": "true", "cursor": foreign}
    assert (await gateway.get("/directories/acme/faces", params=mixed)).json()["code"] == "invalid-field"


async def test_recognizability_goes_with_a_face(gateway, database, learn, ann, ann_again):
    for person, photograph in (("ann", ann), ("ann", ann_again), ("eileen", ann)):
        assert (await learn(person, photograph)).is_success
    before = dict(await database.fetch("SELECT face, recognizability FROM faces"))
    assert all(0 < value <= 1 for value in before.values())

    merged = (await gateway.post("/directories/acme/persons/ann/merge", json={"from": ["eileen"]})).json()
    assert await database.fetchval("SELECT count(recognizability) FROM collapsed_faces") == 1
    undone = await gateway.post("/directories/acme/persons/ann/split", json={"merge": merged["merge"]})

    assert undone.is_success, undone.text
    assert dict(await database.fetch("SELECT face, recognizability FROM faces")) == before


async def test_every_call_says_it_of_every_face(ask, ann):
    [detected], [embedded] = [(await ask(path, ann))["faces"] for path in ("/detect", "/embed")]
    [learned] = (await ask("/learn", ann, person="ann"))["persons"]
    [recognized] = (await ask("/recognize", ann))["persons"]
    values = {face["recognizability"] for face in (detected, embedded, learned, recognized)}
    assert len(values) == 1
    assert 0.5 < values.pop() <= 1
