"""A database that only reads, as a standby does: people are recognized, and what would change is refused."""

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from pydantic import SecretStr

from apiserver.keys import records
from apiserver.keys.wishes import read_reach, read_scopes
from faceserver.standalone.postgres import DATABASE
from tests.integration.apiserver.encryption.conftest import new_key
from tests.waiting import until

pytestmark = pytest.mark.timing


async def admin_key(dsn: str) -> str:
    connection = await asyncpg.connect(dsn)
    reach = read_reach(("*",))
    _, text = await records.create(connection, records.Wanted("test", read_scopes(("admin",), reach), reach), "test")
    await connection.close()
    return text


async def recognized(gateway: httpx.AsyncClient, photograph: bytes, **fields: str) -> dict[str, Any]:
    answer = await gateway.post("/recognize", data=fields, files={"file": photograph})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def logged_reads(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """Return the entries that the log has in place of the audit."""
    messages = (
        record.getMessage().partition("Not in the audit, because the database only reads: ")[2]
        for record in caplog.records
    )
    return [json.loads(entry) for entry in messages if entry]


async def test_recognition_goes_on_over_a_standby_and_changes_wait(  # noqa: PLR0917
    serve, settings, own_postgres, ann, bob, caplog
):
    dsn = own_postgres.get_uri(database=DATABASE)
    key = await admin_key(dsn)
    locked = {
        "database_url": SecretStr(dsn),
        "database_timeout_seconds": 60,
        "require_keys": True,
        "master_key": SecretStr(new_key()),
        "image_store_retry_seconds": 0.01,
        "audit_recognitions": "all",
    }
    gateway = await serve(settings.model_copy(update=locked))
    gateway.headers["Authorization"] = f"Bearer {key}"
    answer = await gateway.post("/learn", data={"person": "ann"}, files={"file": ann})
    assert answer.status_code == 201, answer.text
    [face] = (await gateway.get("/directories/default/persons/ann/faces")).json()["items"]

    await asyncio.to_thread(own_postgres.stop)
    standby = Path(own_postgres.pgdata, "standby.signal")
    await asyncio.to_thread(standby.touch)
    await asyncio.to_thread(own_postgres.ensure_postgres_running)

    async def answers() -> object:
        return (await gateway.get("/directories")).is_success

    await until(answers)
    for path in (
        "/directories/default/persons",
        face["image"],
        face["crop"],
        "/directories/default/persons/ann/export",
    ):
        assert (await gateway.get(path)).status_code == 200
    for fields in ({}, {"keep": "false"}, {"directory": "default"}):
        found = await recognized(gateway, ann, **fields)
        assert [person["id"] for person in found["persons"]] == ["ann"]
        assert found["url"] is None
        assert [warning["code"] for warning in found["warnings"]] == (
            [] if "keep" in fields else ["photograph-not-kept"]
        )
    assert (await gateway.post("/verify", data={"person": "ann"}, files={"file": ann})).json()["decision"] == "match"
    repeated = await gateway.post("/recognize", files={"file": ann}, headers={"Idempotency-Key": "once"})
    assert repeated.status_code == 201
    assert (await gateway.post("/detect", files={"file": ann})).status_code == 200
    entries = logged_reads(caplog)
    person = "/directories/{directory}/persons/{person}"
    assert Counter(entry["action"] for entry in entries) == {
        "GET /files/{key}": 1,
        f"GET {person}/faces/{{face}}/crop": 1,
        f"GET {person}/export": 1,
        "POST /recognize": 4,
        "POST /verify": 1,
    }
    for entry in entries:
        assert set(entry) == {"directory", "subject", "action", "object", "request_id", "address", "counts"}
        assert (entry["directory"], entry["subject"].partition(":")[0]) == ("default", "key")
    ready = (await gateway.get("/health/ready")).json()
    assert (ready["status"], ["only reads" in warning for warning in ready["warnings"]]) == ("ready", [True])
    person = "/directories/default/persons/ann"
    refused = [
        await gateway.post("/learn", data={"person": "bob"}, files={"file": bob}),
        await gateway.patch(person, json={"display_name": "Ann"}),
        await gateway.delete(person),
        await gateway.put("/directories/other", json={}),
        await gateway.delete("/directories/default"),
        await gateway.post("/directories/default/imports", files={"file": b"zip"}),
        await gateway.post("/directories/default/exports", json={}),
        await gateway.post("/keys", json={"name": "door", "scopes": ["recognize"], "directories": ["default"]}),
    ]
    assert {(each.status_code, each.json()["code"]) for each in refused} == {(503, "database-unavailable")}
    assert all(int(each.headers["Retry-After"]) > 0 for each in refused)

    connection = await asyncpg.connect(dsn)
    await connection.execute("SELECT pg_promote()")
    await connection.close()

    async def kept() -> object:
        return (await recognized(gateway, ann))["url"]

    await until(kept)
    written = len(logged_reads(caplog))
    assert (await gateway.get(face["crop"])).is_success
    assert len(logged_reads(caplog)) == written, "it is in the audit again"
    assert (await gateway.get("/health/ready")).json()["warnings"] == []
    assert (await gateway.delete(person)).is_success
