"""Every route that changes something: one entry in the transaction of the change, and no change without its entry."""

import io
import json
import zipfile
from dataclasses import dataclass, field
from typing import Any

import pytest

DIRECTORY = "/directories/{directory}"
PERSON = f"{DIRECTORY}/persons/{{person}}"

WITHOUT_ENTRY = {"POST /detect", "POST /compare", "POST /embed", "POST /session", "DELETE /session"}
"""The first three look at nothing but what they are sent; sessions have entries, which their own tests look at."""

_REFUSE = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no' USING ERRCODE = '57000'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION refuse();
ALTER TABLE audit DISABLE TRIGGER refuse;
"""
_TABLES = ("directories", "persons", "faces", "merges", "merged_persons", "deletions", "keys", "imports", "jobs")


@dataclass
class Change:
    """A request. names: of its path. of_body: fields of the body whose values are known only from earlier answers.

    reads: it changes nothing but when somebody was last seen. remembers: a field of the answer, for later requests.
    """

    action: str
    request: dict[str, Any] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    of_body: dict[str, str] = field(default_factory=dict)
    reads: bool = False
    remembers: dict[str, Any] = field(default_factory=dict)


def archive(photograph):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr("eve/1.jpg", photograph)
    return content.getvalue()


def changes(ann, bob):
    form = {"data": {"directory": "acme", "person": "ann"}, "files": {"file": ann}}
    key = {"name": "door", "scopes": ["recognize"], "directories": ["acme"]}
    return [
        Change(f"PUT {DIRECTORY}", {"json": {}}),
        Change(f"PATCH {DIRECTORY}", {"json": {"fpir": 0.01}}),
        Change("POST /learn", form, remembers={"face": lambda answer: answer["persons"][0]["face"]}),
        Change(f"POST {PERSON}/faces", {"files": {"file": bob}}, {"person": "bob"}),
        Change(f"PUT {PERSON}", {"json": {"display_name": "C"}}, {"person": "cid"}),
        Change(f"PATCH {PERSON}", {"json": {"display_name": "D"}}, {"person": "cid"}),
        Change(
            f"POST {PERSON}/merge", {"json": {"from": ["cid"]}}, remembers={"merge": lambda answer: answer["merge"]}
        ),
        Change(f"POST {PERSON}/split", of_body={"merge": "merge"}),
        Change("POST /recognize", form | {"data": {"directory": "acme"}}, reads=True),
        Change("POST /verify", form, reads=True),
        Change("POST /identify", of_body={"model": "model", "embeddings": "embeddings"}, reads=True),
        Change(f"POST {DIRECTORY}/exports", {"json": {}}),
        Change(f"POST {DIRECTORY}/imports", {"files": {"file": archive(bob)}}),
        Change(f"DELETE {PERSON}/faces/{{face}}"),
        Change(f"DELETE {PERSON}"),
        Change(f"DELETE {DIRECTORY}"),
        Change("POST /keys", {"json": key}, remembers={"id": lambda answer: answer["id"]}),
        Change("PATCH /keys/{id}", {"json": {"name": "gate"}}),
        Change("POST /keys/{id}/rotate", {"json": {}}),
        Change("DELETE /keys/{id}"),
    ]


async def snapshot(database):
    return [
        await database.fetch(f"SELECT each::text FROM {table} AS each ORDER BY 1")  # noqa: S608
        for table in _TABLES
    ]


async def test_every_route(serve, settings, database, ann, bob):
    gateway = await serve(settings.model_copy(update={"audit_recognitions": "all"}))
    await database.execute(_REFUSE)
    embedded = (await gateway.post("/embed", files={"file": ann})).json()
    known = {"directory": "acme", "person": "ann", "model": embedded["model"]}
    known["embeddings"] = [face["embedding"] for face in embedded["faces"]]

    async def send(change):
        method, path = change.action.split(" ")
        options = dict(change.request)
        if change.of_body:
            options["json"] = {"directory": "acme"} if path == "/identify" else {}
            options["json"] |= {name: known[value] for name, value in change.of_body.items()}
        return await gateway.request(method, path.format(**(known | change.names)), **options)

    seen = await database.fetchval("SELECT coalesce(max(id), 0) FROM audit")
    for change in changes(ann, bob):
        before = await snapshot(database)
        await database.execute("ALTER TABLE audit ENABLE TRIGGER refuse")
        answer = await send(change)
        assert answer.status_code == 503, (change.action, answer.text)
        assert change.reads or await snapshot(database) == before, f"{change.action} changed something without an entry"
        await database.execute("ALTER TABLE audit DISABLE TRIGGER refuse")
        answer = await send(change)
        assert answer.is_success, (change.action, answer.text)
        known |= {name: of(answer.json()) for name, of in change.remembers.items()}
        entries = await database.fetch("SELECT * FROM audit WHERE id > $1", seen)
        assert [entry["action"] for entry in entries] == [change.action]
        [entry] = entries
        seen = entry["id"]
        assert (entry["directory"], entry["subject"], entry["outcome"]) == ("acme", "open", "ok"), change.action
        assert entry["request_id"] == answer.headers["x-request-id"], change.action
        assert "ann" not in str(entry["counts"])
    described = json.loads((await gateway.get("/openapi.json")).content)["paths"]
    routes = {f"{method.upper()} {path}" for path, methods in described.items() for method in methods}
    changing = {route for route in routes if not route.startswith(("GET ", "HEAD "))}
    assert changing == {change.action for change in changes(ann, bob)} | WITHOUT_ENTRY, "add a request to this test"


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
