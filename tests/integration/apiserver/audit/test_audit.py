"""The audit: one entry for each change, in its transaction; chains that show what was removed or altered."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from apiserver.access.acts import Act, set_current_act
from apiserver.audit import records, sealing
from apiserver.audit.reads import Reads
from apiserver.audit.verification import export, verify, verify_lines
from apiserver.background import background
from apiserver.database.opening import open_database
from apiserver.jobs.records import enqueue
from apiserver.telemetry.shared import SharedMetrics
from tests.citus import allow_changes_everywhere

PERSON = "/directories/acme/persons/ann"


@pytest.fixture
async def connections(database_url):
    async with open_database(database_url, pool_size=8, timeout_seconds=60) as connections:
        yield connections


@pytest.fixture
def written(database):
    seen = 0

    async def written():
        """Return action, number of persons, object and counts of the entries since the last call."""
        nonlocal seen
        seen, last = await database.fetchval("SELECT max(id) FROM audit"), seen
        rows = await database.fetch("SELECT * FROM audit WHERE id > $1 ORDER BY id", last)
        assert all(row["subject"] == "open" and row["request_id"] and row["address"] == "127.0.0.1" for row in rows)
        return [
            (row["action"], row["directory"], len(row["persons"]), row["object"], json.loads(row["counts"]))
            for row in rows
        ]

    return written


@pytest.fixture
def learn(gateway):
    async def learn(person, photograph):
        data = {"person": person, "directory": "acme"}
        response = await gateway.post("/learn", data=data, files={"file": photograph})
        assert response.status_code == 201, response.text
        return response.json()["persons"][0]["face"]

    return learn


async def test_every_change_leaves_one_entry(gateway, learn, written, ann, bob):
    await gateway.put("/directories/acme", content="{}")
    assert await written() == [("PUT /directories/{directory}", "acme", 0, None, {"created": 1})]
    await gateway.patch("/directories/acme", content='{"fpir": 0.01}')
    assert await written() == [("PATCH /directories/{directory}", "acme", 0, None, {"fpir": 1})]
    face = await learn("ann", ann)
    assert await written() == [("POST /learn", "acme", 1, face, {"created": 1})]
    await learn("ann", ann)
    assert [entry[4] for entry in await written()] == [{"created": 0}]
    await gateway.post("/directories/acme/persons/ann-2/faces", files={"file": bob})
    assert [entry[:3] for entry in await written()] == [
        ("POST /directories/{directory}/persons/{person}/faces", "acme", 1)
    ]
    await gateway.put("/directories/acme/persons/cid", content="{}")
    assert [entry[4] for entry in await written()] == [{"created": 1}]
    await gateway.patch("/directories/acme/persons/cid", content='{"person": "dan"}')
    assert [entry[2] for entry in await written()] == [2]
    merged = (await gateway.post(f"{PERSON}/merge", json={"from": ["ann-2", "dan"]})).json()["merge"]
    assert [entry[2:4] for entry in await written()] == [(3, merged)]
    await gateway.post(f"{PERSON}/split", json={"merge": merged})
    assert [entry[2:4] for entry in await written()] == [(3, merged)]
    await gateway.post(f"{PERSON}/split", json={"faces": [face], "person": "eve"})
    assert [entry[2] for entry in await written()] == [2]
    await gateway.delete(f"/directories/acme/persons/eve/faces/{face}")
    assert [entry[3:] for entry in await written()] == [(face, {"persons": 0, "faces": 1, "images": 1})]
    receipt = (await gateway.delete(PERSON)).json()
    assert [entry[2:4] for entry in await written()] == [(1, receipt["deletion"])]
    job = (await gateway.post("/directories/acme/exports")).json()["job"]
    assert [entry[3] for entry in await written()] == [job]
    receipt = (await gateway.delete("/directories/acme")).json()
    [entry] = await written()
    assert entry == (
        "DELETE /directories/{directory}",
        "acme",
        0,
        receipt["deletion"],
        {name: receipt[name] for name in ("persons", "faces", "images")},
    )


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/directories/acme", "{}"),
        ("PATCH", "/directories/none", '{"fpir": 0.01}'),
        ("PUT", PERSON, "{}"),
        ("PATCH", "/directories/acme/persons/none", '{"display_name": "A"}'),
        ("DELETE", "/directories/acme/persons/none", ""),
        ("DELETE", "/directories/acme", ""),
        ("POST", f"{PERSON}/merge", '{"from": ["none"]}'),
    ],
)
async def test_refused_changes_leave_none(gateway, written, method, path, body):
    await gateway.put(PERSON, content="{}")
    await written()
    answer = await gateway.request(method, path, content=body, headers={"If-Match": '"7"'})
    assert answer.status_code in (404, 412)
    assert await written() == []


async def test_what_is_rolled_back_leaves_none(connections):
    async with connections.connection() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await records.record(connection, directory="acme", persons=["ann"])
        await transaction.rollback()
        assert not await connection.fetchval("SELECT count(*) FROM audit")
        assert not await connection.fetchval("SELECT count(*) FROM audit_keys")


async def test_reads(gateway, learn, written, ann, nobody):
    face = await learn("ann", ann)
    await written()
    recognized = await gateway.post("/recognize", data={"directory": "acme"}, files={"file": ann})
    assert await written() == [("POST /recognize", "acme", 1, None, {"faces": 1, "named": 1})]
    await gateway.post("/recognize", data={"directory": "acme"}, files={"file": nobody})
    assert await written() == []
    await gateway.get(recognized.json()["url"])
    assert [entry[:2] for entry in await written()] == [("GET /files/{key}", "acme")]
    for shown in ("image", "crop"):
        await gateway.get(f"{PERSON}/faces/{face}/{shown}")
        assert [entry[1:3] for entry in await written()] == [("acme", 1)]
    await gateway.get(f"{PERSON}/export")
    assert [entry[1:3] for entry in await written()] == [("acme", 1)]


@pytest.mark.parametrize(("setting", "count"), [("all", 2), ("matches", 1), ("none", 0)])
async def test_which_recognitions_are_recorded(connections, database, setting, count):
    reads = Reads(connections, setting)
    async with background(reads.run()):
        await asyncio.gather(reads.recognized("acme", ["ann"], faces=1), reads.recognized("acme", [], faces=1))
    assert await database.fetchval("SELECT count(*) FROM audit") == count == reads.recorded


async def test_list(gateway, learn, ann, bob):
    since = datetime.now(UTC)
    await learn("ann", ann)
    await learn("bob", bob)
    await gateway.put("/directories/other/persons/ann", content="{}")

    async def listed(**query):
        answer = await gateway.get("/audit", params={name: str(value) for name, value in query.items()})
        assert answer.status_code == 200, answer.text
        return answer.json()

    everything = await listed()
    assert [entry["directory"] for entry in everything["items"]] == ["other", "acme", "acme"]
    assert everything["next"] is None
    first = await listed(limit=2)
    assert first["items"] + (await listed(limit=2, cursor=first["next"]))["items"] == everything["items"]
    assert len((await listed(person="ann"))["items"]) == 2
    assert len((await listed(person="ann", directory="acme", since=since.isoformat()))["items"]) == 1
    assert not (await listed(until=since.isoformat()))["items"]
    assert not (await listed(subject="door"))["items"]
    assert len((await listed(action="POST /learn"))["items"]) == 2
    [entry] = (await listed(request_id=everything["items"][1]["request_id"]))["items"]
    assert entry == everything["items"][1]
    assert "ann" not in json.dumps([entry["persons"] for entry in everything["items"]])
    await gateway.delete("/directories/acme")
    assert len((await listed(directory="acme"))["items"]) == 3
    assert not (await listed(person="ann", directory="acme"))["items"]  # the keys are gone


async def write(connections, count, directory="acme"):
    async with connections.connection() as connection:
        for _ in range(count):
            await records.record(connection, directory=directory, persons=["ann"], counts={"faces": 2})


async def faults(connections, expected=()):
    async with connections.connection() as connection:
        return (await verify(connection, expected)).faults


async def head(connections, chain="acme"):
    async with connections.connection() as connection:
        return (await verify(connection)).heads[chain]


async def test_several_sealers_and_writers(connections):
    async def sealer():
        for _ in range(20):
            await sealing.seal(connections)

    await asyncio.gather(
        write(connections, 50), write(connections, 50), write(connections, 9, None), sealer(), sealer()
    )
    await sealing.seal(connections)
    async with connections.connection() as connection:
        verification = await verify(connection)
        positions = await connection.fetch("SELECT position FROM audit WHERE directory = 'acme' ORDER BY position")
    assert (verification.faults, verification.entries) == ([], 109)
    assert [position for (position,) in positions] == list(range(1, 101))


async def test_a_late_transaction_is_sealed_behind(connections):
    async with connections.connection() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await records.record(connection, directory="acme")
        await write(connections, 2)
        assert await sealing.seal(connections) == 2
        await transaction.commit()
    assert await sealing.seal(connections) == 1
    assert await faults(connections) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET subject = 'nobody' WHERE position = 2",
        "UPDATE audit SET hash = NULL, position = NULL WHERE position = 3",
        "DELETE FROM audit WHERE position = 2",
        "DELETE FROM audit WHERE position = 1",
        "DELETE FROM audit WHERE position = 3",
        "TRUNCATE audit",
        "INSERT INTO audit (directory, subject, action, position, hash) SELECT 'acme', 'a', 'b', 4, sha256('4')",
        "UPDATE audit SET position = 5 - position WHERE position IN (2, 3)",
        "UPDATE audit SET directory = 'other' WHERE position = 3",
        "DELETE FROM audit_chains",
    ],
)
async def test_tampering_is_found(connections, database, statement):
    await write(connections, 3)
    await sealing.seal(connections)
    assert await faults(connections) == []
    await database.execute("SET session_replication_role = replica")  # without triggers
    await database.execute(statement)
    assert len(await faults(connections)) >= 1


async def test_a_shortened_chain_is_found_with_a_hash_noted_earlier(connections, database):
    await write(connections, 3)
    await sealing.seal(connections)
    noted = await head(connections)
    await database.execute("SET session_replication_role = replica")
    await database.execute("DELETE FROM audit WHERE position = 3")
    await database.execute("UPDATE audit_chains SET position = 2, head = (SELECT hash FROM audit WHERE position = 2)")
    assert await faults(connections) == []
    assert len(await faults(connections, [noted])) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET subject = 'nobody'",
        "UPDATE audit SET hash = sha256('1'), position = 9 WHERE hash IS NOT NULL",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE position > 1",
        "DELETE FROM audit WHERE hash IS NULL",
        "TRUNCATE audit",
        "INSERT INTO audit (directory, subject, action, position, hash) SELECT 'acme', 'a', 'b', 4, sha256('4')",
    ],
)
async def test_entries_cannot_be_changed(connections, database, statement):
    await write(connections, 2)
    await sealing.seal(connections)
    async with connections.connection() as connection:
        assert await connection.fetchval("SELECT audit_forget('acme', 1)") == 1
    await write(connections, 1)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await database.execute(statement)
    assert await database.fetchval("SELECT count(*) FROM audit") == 2
    assert await faults(connections) == []


async def test_retention_leaves_a_checkpoint(connections, database):
    for _ in range(2):
        await write(connections, 2)
        await sealing.seal(connections)
    noted = await head(connections)
    await database.execute("SET session_replication_role = replica")
    await database.execute("DELETE FROM audit; DELETE FROM audit_chains")
    old = datetime.now(UTC) - timedelta(days=10)
    for at in (old, old, datetime.now(UTC), old):
        await database.execute("INSERT INTO audit (at, directory, subject, action) VALUES ($1, 'acme', 'a', 'b')", at)
    await sealing.seal(connections)
    assert noted != (noted := await head(connections))
    assert await sealing.forget(connections, 5) == 2  # the last one lies behind a younger one
    assert await sealing.forget(connections, 5) == 0
    assert await faults(connections, [noted]) == []
    await write(connections, 1)
    await sealing.seal(connections)
    assert await faults(connections, [noted]) == []
    await database.execute("DELETE FROM audit WHERE position = 3")
    assert await faults(connections)


async def test_an_export_verifies_offline(connections):
    await write(connections, 2)
    await write(connections, 1, None)
    await sealing.seal(connections)
    async with connections.connection() as connection:
        lines = [json.dumps(line) async for line in export(connection)]
    assert verify_lines(lines).faults == []
    assert verify_lines(lines).entries == 3
    assert verify_lines(lines[:-1]).faults
    assert verify_lines([line.replace('"service"', '"nobody"') for line in lines]).faults
    assert verify_lines(lines, ["00" * 31 + "01"]).faults


async def test_metrics(connections):
    await write(connections, 2)
    await sealing.seal(connections)
    await write(connections, 1)
    metrics = SharedMetrics(connections, "memory:///")
    await metrics.refresh()
    values = {sample.name: sample.value for metric in metrics.collect() for sample in metric.samples}
    assert values["faceserver_audit_entries_total"] == 3
    assert values["faceserver_audit_unsealed"] == 1
    assert values["faceserver_audit_unsealed_seconds"] > 0


async def test_metrics_of_the_coordinator_stay_while_not_all_servers_answer(connections, database):
    await write(connections, 1)
    await allow_changes_everywhere(database)
    await database.execute("ALTER TABLE collapsed_faces RENAME TO lost")
    metrics = SharedMetrics(connections, "memory:///", encrypts=True)
    await metrics.refresh()
    values = {sample.name: sample.value for metric in metrics.collect() for sample in metric.samples}
    assert values["faceserver_audit_unsealed"] == 1
    assert "faceserver_unencrypted" not in values


async def test_jobs_act_for_whoever_asked(connections, database):
    set_current_act(Act("key-1", "POST /directories/{directory}/exports", "", "r"))
    async with connections.connection() as connection:
        await enqueue(connection, "export", directory="acme")
    assert await database.fetchval("SELECT subject FROM jobs") == "key-1"
