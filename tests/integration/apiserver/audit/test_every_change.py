"""Every route that changes something: one entry in the transaction of the change, and no change without its entry."""

import json

import pytest

from tests.citus import allow_changes_everywhere
from tests.integration.apiserver.valid_requests import prepared, valid_requests

WITHOUT_ENTRY = {"POST /detect", "POST /preview", "POST /compare", "POST /embed", "POST /session", "DELETE /session"}
"""The first three look at nothing but what they are sent; sessions have entries, which their own tests look at."""

_REFUSE = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no' USING ERRCODE = '57000'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION refuse();
ALTER TABLE audit DISABLE TRIGGER refuse;
"""
_TABLES = ("directories", "persons", "faces", "merges", "merged_persons", "deletions", "keys", "imports", "jobs")


async def snapshot(database):
    return [
        await database.fetch(f"SELECT each::text FROM {table} AS each ORDER BY 1")  # noqa: S608
        for table in _TABLES
    ]


async def test_every_route(serve, settings, database, ann, bob):
    gateway = await serve(settings.model_copy(update={"audit_recognitions": "all"}))
    await allow_changes_everywhere(database)
    await database.execute(_REFUSE)
    world = await prepared(gateway, "acme", ann, bob)
    described = json.loads((await gateway.get("/openapi.json")).content)["paths"]
    routes = {f"{method.upper()} {path}" for path, methods in described.items() for method in methods}
    changing = {route for route in routes if not route.startswith(("GET ", "HEAD "))} - WITHOUT_ENTRY
    requests = [each for each in valid_requests(world, ann, bob) if each.action in changing]
    assert changing == {each.action for each in requests}
    seen = await database.fetchval("SELECT max(id) FROM audit")
    for request in requests:
        before = await snapshot(database)
        await database.execute("ALTER TABLE audit ENABLE TRIGGER refuse")
        answer = await request.send(gateway)
        assert answer.status_code == 503, (request.action, answer.text)
        if request.changes:
            assert await snapshot(database) == before, f"{request.action} changed something without an entry"
        await database.execute("ALTER TABLE audit DISABLE TRIGGER refuse")
        answer = await request.send(gateway)
        assert answer.is_success, (request.action, answer.text)
        entries = await database.fetch("SELECT * FROM audit WHERE id > $1", seen)
        assert [entry["action"] for entry in entries] == [request.action]
        [entry] = entries
        seen = entry["id"]
        assert (entry["directory"], entry["subject"], entry["outcome"]) == ("acme", "open", "ok"), request.action
        assert entry["request_id"] == answer.headers["x-request-id"], request.action
        assert "ann" not in str(entry["counts"])


@pytest.mark.parametrize(
    ("body", "counts"),
    [
        ({"display_name": "A"}, {"display_name": 1}),
        ({"consent": {"given_at": "2026-01-01T00:00:00Z", "text": "v1"}}, {"consent": 1}),
        (
            {"consent": {"given_at": "2026-01-01T00:00:00Z", "text": "v1", "withdrawn_at": "2026-02-01T00:00:00Z"}},
            {"consent_withdrawn": 1},
        ),
        ({"restricted": True}, {"restricted": 1}),
    ],
)
async def test_entries_tell_which_details_changed(gateway, database, body, counts):
    await gateway.put("/directories/acme/persons/ann", json={})
    assert (await gateway.patch("/directories/acme/persons/ann", json=body)).is_success
    last = await database.fetchval("SELECT counts FROM audit ORDER BY id DESC LIMIT 1")
    assert json.loads(last) == counts
