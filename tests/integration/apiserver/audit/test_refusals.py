"""Refused calls: counted, and few entries however many they are."""

import asyncio
import json

import pytest

from apiserver.access.acts import Act
from apiserver.app import create_app
from apiserver.audit.refusals import MAX_KINDS, Refusals
from apiserver.database.opening import open_database
from apiserver.keys import records
from apiserver.keys.secrets import new_id, new_text
from apiserver.keys.wishes import read_reach, read_scopes
from apiserver.problems import DirectoryNotFound, KeyInvalid, PersonNotFound, Problem, ScopeMissing
from tests.integration.apiserver.conftest import serving


async def made(connection, scopes, *directories, **more):
    reach = read_reach(directories)
    return await records.create(connection, records.Wanted("t", read_scopes(scopes, reach), reach, **more), "t")


async def entries(database):
    rows = await database.fetch("SELECT * FROM audit WHERE outcome <> 'ok' ORDER BY id")
    return [
        (row["subject"], row["action"], row["outcome"], row["address"], json.loads(row["counts"])["refused"])
        for row in rows
    ]


async def test_refusals_are_counted(settings, database):
    await database.execute("INSERT INTO directories (directory) VALUES ('acme'), ('other')")
    key, text = await made(database, ["read", "images", "delete"], "acme")
    mine = {"Authorization": f"Bearer {text}"}
    wrong = {"Authorization": f"Bearer {new_text(new_id())}"}
    job = (await database.fetchval("SELECT gen_random_uuid()"), "other")
    await database.execute(
        "INSERT INTO deletions (deletion, directory, persons, faces, images) VALUES ($1, $2, 1, 1, 1)", *job
    )
    image = await database.fetchval(
        "INSERT INTO images (directory, image, media_type, size_bytes, sha256) "
        "VALUES ('other', gen_random_uuid() || '.jpg', 'image/jpeg', 1, sha256('1')) RETURNING image"
    )
    required = settings.model_copy(update={"require_keys": True, "key_requests_per_minute": 9})
    async with serving(create_app(required)) as gateway:
        for _ in range(3):
            assert (await gateway.get("/directories/other/persons", headers=mine)).status_code == 404
        assert (await gateway.put("/directories/acme", json={}, headers=mine)).status_code == 403
        assert (await gateway.get(f"/deletions/{job[0]}", headers=mine)).status_code == 404
        assert (await gateway.get(f"/files/{image}", headers=mine)).status_code == 404
        assert (await gateway.get("/directories/acme/persons/none", headers=mine)).status_code == 404  # of its own
        assert (await gateway.get("/nowhere", headers=mine)).status_code == 404
        for _ in range(2):
            assert (await gateway.get("/directories", headers=wrong)).status_code == 401
            assert (await gateway.get("/directories")).status_code == 401
        while (answer := await gateway.get("/directories", headers=mine)).is_success:
            pass
        assert answer.status_code == 429
    found, subject, here = await entries(database), f"key:{key.id}", "127.0.0.1"
    assert sorted(found) == sorted(
        [
            (subject, "GET /directories/{directory}/persons", "directory-not-found", here, 3),
            (subject, "PUT /directories/{directory}", "scope-missing", here, 1),
            (subject, "GET /files/{key}", "file-not-found", here, 1),
            (subject, "GET /deletions/{deletion}", "deletion-not-found", here, 1),
            ("nobody", "authentication", "key-invalid", here, 2),
            ("nobody", "GET /directories", "key-missing", here, 2),
            (subject, "authentication", "too-many-requests", here, 1),
        ]
    )


@pytest.fixture
async def connections(database_url):
    async with open_database(database_url, pool_size=2, timeout_seconds=60) as connections:
        yield connections


async def test_a_flood_leaves_few_entries(connections, database):
    refusals = Refusals(connections)
    for number in range(3 * MAX_KINDS):
        refusals.note(KeyInvalid(), Act("nobody", "authentication", f"2001:db8::{number:x}", ""))
    await refusals.write()
    await refusals.write()
    found = await entries(database)
    assert len(found) == MAX_KINDS + 1
    assert found[-1] == ("several", "several", "key-invalid", "", 2 * MAX_KINDS)


async def test_only_refusals_are_counted(connections, database):
    refusals = Refusals(connections)
    for problem, foreign in ((PersonNotFound(), False), (DirectoryNotFound(), False), (ScopeMissing(), False)):
        refusals.note(problem, None, foreign=foreign)
    await refusals.write()
    assert await entries(database) == [("nobody", "authentication", "scope-missing", "", 1)]


async def test_an_outage_loses_none(cable, database):
    async with open_database(cable.url, pool_size=2, timeout_seconds=60) as connections:
        refusals = Refusals(connections)
        refusals.note(KeyInvalid(), None)
        await cable.cut()
        with pytest.raises(Problem):
            await refusals.write()
        refusals.note(KeyInvalid(), None)
        await cable.mend()
        await asyncio.sleep(0)
        await refusals.write()
    assert await entries(database) == [("nobody", "authentication", "key-invalid", "", 2)]
