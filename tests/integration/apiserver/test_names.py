"""A name is one name, composed or decomposed, in every call."""

import unicodedata
from urllib.parse import quote
from uuid import UUID

import httpx
import pytest

COMPOSED, DECOMPOSED = "Zo\u00eb", "Zoe\u0308"


def path(*names: str) -> str:
    return "".join(f"/{quote(name, safe='')}" for name in names)


@pytest.mark.parametrize(("written", "read"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)])
async def test_a_name_is_the_same_in_both_forms(gateway: httpx.AsyncClient, ann, ann_again, written, read):
    async def call(method: str, url: str, **options):
        answer = await gateway.request(method, url, **options)
        assert answer.is_success, (url, answer.text)
        assert DECOMPOSED not in answer.text
        return answer

    async def post(url: str, photo: bytes, **fields: str):
        return (await call("POST", url, data=fields, files={"file": photo})).json()

    there, here = path("directories", written), path("directories", read)
    persons = f"{here}/persons"

    learned = await post("/learn", ann, person=written, directory=written)
    assert (learned["directory"], learned["persons"][0]["id"]) == (COMPOSED, COMPOSED)
    await post("/learn", ann_again, person=read, directory=read)
    await call("PUT", there + path("persons", "bo"), json={"external_id": written})

    recognized = await post("/recognize", ann, directory=read)
    assert [face["id"] for face in recognized["persons"]] == [COMPOSED]
    assert (await post("/verify", ann, person=read, directory=read))["decision"] == "match"
    embedded = await post("/embed", ann)
    probe = {"model": embedded["model"], "embeddings": [embedded["faces"][0]["embedding"]], "directory": read}
    assert COMPOSED in (await call("POST", "/identify", json=probe)).text

    for url, query in (
        ("/directories", {"prefix": read}),
        (persons, {"prefix": read}),
        (persons, {"external_id": read}),
    ):
        assert len((await call("GET", url, params=query)).json()["items"]) == 1, (url, query)
    assert (await call("GET", persons + path(read))).json()["faces"] == 2
    assert len((await call("GET", persons + path(read, "faces"))).json()["items"]) == 2
    await call("GET", persons + path(read, "export"))
    taken = await gateway.patch(persons + path(read), json={"external_id": read})
    assert taken.json()["code"] == "external-id-taken"
    taken = await gateway.patch(persons + path("bo"), json={"person": read})
    assert taken.json()["code"] == "person-exists"

    merge = (await call("POST", persons + path("bo", "merge"), json={"from": [read]})).json()["merge"]
    [restored] = (await call("POST", persons + path("bo", "split"), json={"merge": merge})).json()["persons"]
    assert restored["person"] == COMPOSED
    twice = await gateway.post(persons + path("bo", "merge"), json={"from": [written, read]})
    assert twice.json()["code"] == "invalid-field"

    await call("DELETE", persons + path(read))
    await call("DELETE", here)


async def test_prefixes_and_names_at_their_limits(gateway: httpx.AsyncClient):
    name = DECOMPOSED[2:] * 255
    assert len(unicodedata.normalize("NFC", name)) == 255
    assert (await gateway.put(path("directories", "acme", "persons", name), json={})).status_code == 201
    found = await gateway.get("/directories/acme/persons", params={"prefix": name})
    assert [person["person"] for person in found.json()["items"]] == [COMPOSED[2:] * 255]
    too_long = await gateway.get("/directories/acme/persons", params={"prefix": name + "a"})
    assert (too_long.status_code, too_long.json()["code"]) == (400, "invalid-field")


LOOKALIKE = "acme\u200b"


async def test_nobody_gets_a_name_that_looks_like_another_one(gateway: httpx.AsyncClient, ann, database):
    photo = {"file": ann}
    await gateway.put("/directories/acme/persons/ann", json={})
    answers = [
        await gateway.post("/learn", data={"person": "ann", "directory": LOOKALIKE}, files=photo),
        await gateway.post("/learn", data={"person": LOOKALIKE, "directory": "acme"}, files=photo),
        await gateway.post("/learn", data={"person": "..", "directory": "acme"}, files=photo),
        await gateway.post("/directories/acme/persons" + path(LOOKALIKE, "faces"), files=photo),
        await gateway.post(path("directories", LOOKALIKE, "imports"), json={"manifest": []}),
        await gateway.put(path("directories", LOOKALIKE), json={}),
        await gateway.put("/directories/acme/persons" + path(LOOKALIKE), json={}),
        await gateway.patch("/directories/acme/persons/ann", json={"person": LOOKALIKE}),
        await gateway.post("/directories/acme/persons/ann/split", json={"faces": [str(UUID(int=0))], "person": "ann "}),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == 9 * [(400, "invalid-name")]
    assert "U+200B" in answers[0].json()["status"]
    assert await database.fetchval("SELECT count(*) FROM persons") == 1


async def test_who_had_such_a_name_before_is_reached_and_can_be_renamed(gateway: httpx.AsyncClient, ann, database):
    await database.execute("INSERT INTO directories (directory) VALUES ($1)", LOOKALIKE)
    await database.execute("INSERT INTO persons (directory, person) VALUES ($1, $1)", LOOKALIKE)
    data = {"person": LOOKALIKE, "directory": LOOKALIKE}
    assert (await gateway.post("/learn", data=data, files={"file": ann})).status_code == 201
    answer = await gateway.post("/recognize", data={"directory": LOOKALIKE}, files={"file": ann})
    assert [face["id"] for face in answer.json()["persons"]] == [LOOKALIKE]
    person = path("directories", LOOKALIKE, "persons", LOOKALIKE)
    assert (await gateway.put(person, json={"display_name": "Acme"})).status_code == 200
    assert (await gateway.patch(person, json={"person": "acme"})).json()["person"] == "acme"
    assert (await gateway.delete(path("directories", LOOKALIKE))).is_success
