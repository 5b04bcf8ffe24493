"""Persons: listed in pages, read, written, edited, renamed."""

import asyncio
import json
from datetime import UTC, datetime
from urllib.parse import quote
from uuid import UUID

import pytest

from apiserver.http.paging import write_cursor
from tests.citus import allow_triggers

PERSONS = "/directories/acme/persons"


@pytest.fixture
def put(gateway):
    async def put(person, **details):
        response = await gateway.put(f"{PERSONS}/{quote(person, safe='')}", content=json.dumps(details))
        assert response.status_code in {200, 201}, response.text
        return response.json()

    return put


@pytest.fixture
def listed(gateway):
    async def listed(directory="acme", **query):
        """Return the ids of all pages, which must all but the last be full."""
        persons, cursor = [], None
        while True:
            more: dict[str, str] = {} if cursor is None else {"cursor": cursor}
            response = await gateway.get(f"/directories/{directory}/persons", params={**query, **more})
            assert response.status_code == 200, response.text
            page = response.json()
            persons += [person["person"] for person in page["items"]]
            cursor = page["next"]
            if cursor is None:
                return persons
            assert len(page["items"]) == int(query["limit"])

    return listed


@pytest.fixture
def learn(gateway):
    async def learn(person, photograph, directory="acme"):
        fields = {"person": person, "directory": directory}
        response = await gateway.post("/learn", data=fields, files={"file": photograph})
        assert response.status_code == 201, response.text
        return response.json()

    return learn


def refused(response):
    return response.status_code, response.json()["code"]


async def test_a_person_is_put_read_and_replaced(gateway):
    body = {"display_name": "Ann Example", "external_id": "4711", "metadata": {"team": "blue", "floor": 3}}
    made = await gateway.put(f"{PERSONS}/ann", content=json.dumps(body))
    read = await gateway.get(f"{PERSONS}/ann")
    again = await gateway.put(f"{PERSONS}/ann", content='{"metadata": {"team": "red"}}')

    assert (made.status_code, read.status_code, again.status_code) == (201, 200, 200)
    assert made.json() == read.json()
    answer = read.json()
    assert (answer["directory"], answer["person"], answer["faces"], answer["last_seen_at"]) == ("acme", "ann", 0, None)
    assert {name: answer[name] for name in body} == body
    assert (again.json()["metadata"], again.json()["display_name"], again.json()["external_id"]) == (
        {"team": "red"},
        None,
        None,
    )
    assert (answer["revision"], again.json()["revision"]) == (1, 2)
    assert again.json()["updated_at"] > answer["updated_at"] == answer["created_at"]


async def test_what_was_learned_is_a_person(gateway, learn, ann, ann_again):
    await learn("ann", ann)
    await learn("ann", ann_again)
    answer = (await gateway.get(f"{PERSONS}/ann")).json()
    assert (answer["faces"], answer["metadata"], answer["revision"]) == (2, {}, 1)


async def test_patch_changes_what_is_named_alone(gateway, put):
    await put("ann", display_name="Ann", external_id="1", metadata={"team": "blue"})

    async def patch(body):
        response = await gateway.patch(f"{PERSONS}/ann", content=json.dumps(body))
        assert response.status_code == 200, response.text
        return {name: response.json()[name] for name in ("display_name", "external_id", "metadata", "revision")}

    assert await patch({}) == {
        "display_name": "Ann", "external_id": "1", "metadata": {"team": "blue"}, "revision": 1,
    }  # fmt: skip
    assert await patch({"external_id": None, "metadata": {"a": [1, 2.5, None, "ü"]}}) == {
        "display_name": "Ann", "external_id": None, "metadata": {"a": [1, 2.5, None, "ü"]}, "revision": 2,
    }  # fmt: skip
    assert (await patch({"metadata": None}))["metadata"] == {}


async def test_a_new_id_keeps_faces_and_all_else(gateway, put, learn, database, ann):
    face = (await learn("ann", ann))["persons"][0]["face"]
    before = await put("ann", external_id="1", metadata={"team": "blue"})
    renamed = (await gateway.patch(f"{PERSONS}/ann", content='{"person": "anna/2"}')).json()

    assert (await gateway.get(f"{PERSONS}/anna%2F2")).json() == renamed
    changed = {"crop": before["crop"].replace("/ann/", "/anna%2F2/"), "updated_at": renamed["updated_at"]}
    assert renamed == before | {"person": "anna/2", "revision": 3, **changed}
    assert refused(await gateway.get(f"{PERSONS}/ann")) == (404, "person-not-found")
    answer = (await gateway.post("/recognize", data={"directory": "acme"}, files={"file": ann})).json()
    assert answer["persons"][0]["id"] == "anna/2"
    assert str(await database.fetchval("SELECT face FROM faces WHERE person = 'anna/2'")) == face


@pytest.mark.timing
async def test_a_change_of_name_may_take_longer_than_other_statements(serve, settings, database, ann):
    gateway = await serve(settings)
    await gateway.post("/learn", data={"person": "ann", "directory": "acme"}, files={"file": ann})
    await allow_triggers(database)
    await database.execute(
        "CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(3); RETURN NEW; END'"
    )
    await database.execute("CREATE TRIGGER linger BEFORE UPDATE ON faces FOR EACH ROW EXECUTE FUNCTION linger()")

    impatient = await serve(settings.model_copy(update={"database_timeout_seconds": 2}))
    renamed = await impatient.patch(f"{PERSONS}/ann", json={"person": "anne"})

    assert (renamed.status_code, renamed.json()["faces"]) == (200, 1)


async def test_an_id_or_external_id_of_another_is_refused(gateway, put):
    await put("ann", external_id="1")
    bob = await put("bob", external_id="2")

    assert refused(await gateway.patch(f"{PERSONS}/bob", content='{"person": "ann"}')) == (409, "person-exists")
    for call in (gateway.patch, gateway.put):
        assert refused(await call(f"{PERSONS}/bob", content='{"external_id": "1"}')) == (409, "external-id-taken")
    assert refused(await gateway.put(f"{PERSONS}/cy", content='{"external_id": "1"}')) == (409, "external-id-taken")
    assert (await gateway.get(f"{PERSONS}/bob")).json() == bob
    other = await gateway.put("/directories/other/persons/cy", content='{"external_id": "1"}')
    assert other.status_code == 201, "it is unique in its directory"


async def test_a_revision_can_be_asked_for(gateway, put):
    await put("ann")
    tag = (await gateway.get(f"{PERSONS}/ann")).headers["etag"]
    unchanged = await gateway.get(f"{PERSONS}/ann", headers={"If-None-Match": f'"7", W/{tag}'})
    edited = await gateway.patch(f"{PERSONS}/ann", content='{"display_name": "A"}', headers={"If-Match": tag})
    changed = await gateway.get(f"{PERSONS}/ann", headers={"If-None-Match": tag})

    assert (tag, edited.headers["etag"]) == ('"1"', '"2"')
    assert (unchanged.status_code, unchanged.content, unchanged.headers["etag"]) == (304, b"", tag)
    assert (edited.status_code, changed.status_code) == (200, 200)
    for call in (gateway.patch, gateway.put):
        for stale in (tag, 'W/"2"', "nonsense"):
            late = await call(f"{PERSONS}/ann", content='{"display_name": "B"}', headers={"If-Match": stale})
            assert refused(late) == (412, "precondition-failed")
    absent = await gateway.put(f"{PERSONS}/bob", content="{}", headers={"If-Match": "*"})
    assert refused(absent) == (412, "precondition-failed")
    assert refused(await gateway.get(f"{PERSONS}/bob")) == (404, "person-not-found")
    assert (await gateway.get(f"{PERSONS}/ann")).json()["display_name"] == "A"


@pytest.mark.timing
async def test_of_two_who_edit_one_revision_one_does(gateway, put):
    await put("ann")
    edits = (
        gateway.patch(f"{PERSONS}/ann", content=json.dumps({"display_name": name}), headers={"If-Match": '"1"'})
        for name in "ABCDEFGH"
    )
    statuses = [response.status_code for response in await asyncio.gather(*edits)]
    assert sorted(statuses) == [200] + [412] * 7


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid-json"),
        (b"[]", "invalid-json"),
        (b'{"metadata": []}', "invalid-field"),
        (b'{"metadata": {"a": "\\u0000"}}', "invalid-field"),
        (b'{"metadata": {"\\u0000": 1}}', "invalid-field"),
        (b'{"metadata": {"a": NaN}}', "invalid-field"),
        (b'{"metadata": {"a": 1e999}}', "invalid-field"),
        (b'{"metadata": {"a": "%s"}}' % (b"x" * 16_384), "invalid-field"),
        (b'{"display_name": "\\u0000"}', "invalid-field"),
        (b'{"display_name": 3}', "invalid-field"),
        (b'{"external_id": ""}', "invalid-field"),
        (b'{"nickname": "a"}', "invalid-field"),
    ],
)
async def test_a_body_that_cannot_be(gateway, body, code):
    for call in (gateway.put, gateway.patch):
        assert refused(await call(f"{PERSONS}/ann", content=body)) == (400, code)
    assert refused(await gateway.get(PERSONS)) == (404, "directory-not-found")


@pytest.mark.parametrize("body", [b'{"person": ""}', b'{"person": null}', b'{"person": "a\\u0007"}'])
async def test_a_new_id_that_cannot_be(gateway, put, body):
    await put("ann")
    assert refused(await gateway.patch(f"{PERSONS}/ann", content=body)) == (400, "invalid-field")


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "1001"},
        {"cursor": "nonsense"},
        {"cursor": "WyJwZXJzb25zIHBlcnNvbiIsMV0"},
        {"sort": "age"},
        {"metadata": "["},
        {"metadata": "[]"},
        {"metadata": '{"a": "\\u0000"}'},
        {"prefix": "\0"},
        {"external_id": "\0"},
    ],
)
async def test_a_list_that_cannot_be(gateway, put, query):
    await put("ann")
    assert refused(await gateway.get(PERSONS, params=query)) == (400, "invalid-field")


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00"])
async def test_a_cursor_of_a_time_that_cannot_be_is_refused(gateway, put, time):
    await put("a")
    persons, faces = f"{PERSONS}?sort=created_at&", f"{PERSONS}/a/faces?"
    for url, order, key in (persons, "persons created_at", "a"), (faces, "faces", str(UUID(int=0))):
        answer = await gateway.get(f"{url}cursor={write_cursor(order, [time, key])}")
        assert refused(answer) == (400, "invalid-field")


async def test_a_cursor_of_another_order_is_refused(gateway, put):
    for person in ("ann", "bob"):
        await put(person)
    cursor = (await gateway.get(PERSONS, params={"limit": 1})).json()["next"]
    assert refused(await gateway.get(PERSONS, params={"cursor": cursor, "sort": "-person"})) == (400, "invalid-field")


@pytest.mark.parametrize("limit", ["1", "2", "7", "1000"])
async def test_every_order_lists_everybody_once(listed, put, database, limit):
    names = ["B", "a", "b", "b~a", "é", "z", "\U0001f600"]
    for name in names:
        await put(name)
    # Some were made, and seen, at the same moment, and some were never seen.
    await database.execute("UPDATE persons SET created_at = '2026-01-01Z' WHERE person IN ('a', 'z', 'é')")
    await database.execute("UPDATE persons SET last_seen_at = created_at WHERE person IN ('a', 'b', 'z')")
    rows = await database.fetch("SELECT person, created_at, last_seen_at FROM persons")
    never = datetime.min.replace(tzinfo=UTC)
    for sort in ("person", "created_at", "last_seen_at"):
        expected = [row["person"] for row in sorted(rows, key=lambda row: (row[sort] or never, row["person"].encode()))]
        assert await listed(limit=limit, sort=sort) == expected
        assert await listed(limit=limit, sort=f"-{sort}") == expected[::-1]


async def test_a_list_can_be_narrowed(listed, put):
    await put("ann", external_id="1", metadata={"team": "blue", "tags": ["x", "y"]})
    await put("anna", metadata={"team": "blue"})
    await put("bob", external_id="2", metadata={"team": "red"})
    await put("an\U0010fffd", metadata={})

    assert await listed(prefix="an") == ["ann", "anna", "an\U0010fffd"]
    assert await listed(prefix="an\U0010fffd") == ["an\U0010fffd"]
    assert await listed(prefix="AN") == []
    assert await listed(external_id="2") == ["bob"]
    assert await listed(metadata='{"team": "blue"}') == ["ann", "anna"]
    assert await listed(metadata='{"tags": ["y"]}') == ["ann"]
    assert await listed(metadata='{"team": "blue"}', prefix="anna", sort="-created_at", limit="1") == ["anna"]


async def test_an_empty_directory_has_an_empty_list(gateway):
    await gateway.put("/directories/acme", content="{}")
    assert (await gateway.get(PERSONS)).json() == {"items": [], "next": None}
    assert refused(await gateway.get("/directories/other/persons")) == (404, "directory-not-found")
    assert refused(await gateway.get("/directories/other/persons/ann")) == (404, "directory-not-found")


async def test_directories_made_by_hand_alone(serve, settings, ann):
    gateway = await serve(settings.model_copy(update={"directories_on_learn": False}))
    learning = {"data": {"person": "ann", "directory": "acme"}, "files": {"file": ann}}

    unknown = await gateway.post("/learn", **learning)
    assert refused(unknown) == (404, "directory-not-found")
    assert unknown.json()["persons"] is None
    assert refused(await gateway.put(f"{PERSONS}/ann", content="{}")) == (404, "directory-not-found")
    await gateway.put("/directories/acme", content="{}")
    assert (await gateway.post("/learn", **learning)).status_code == 201
    assert (await gateway.put(f"{PERSONS}/bob", content="{}")).status_code == 201
