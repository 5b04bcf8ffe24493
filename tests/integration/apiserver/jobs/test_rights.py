"""Jobs on behalf of a key that is revoked, expires or is narrowed before or while they run."""

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial

import pytest

from apiserver.access.acts import Act, set_current_act
from apiserver.access.grants import OPEN
from apiserver.access.scopes import Scope
from apiserver.jobs.records import enqueue
from apiserver.jobs.rights import on_behalf
from apiserver.keys import records
from apiserver.keys.wishes import read_reach, read_scopes
from apiserver.telemetry.worker import worker_telemetry
from apiserver.worker import work
from tests.integration.apiserver.worker_process import working
from tests.waiting import until


@pytest.fixture
async def locked(serve, settings, database):
    await database.execute("INSERT INTO directories (directory) VALUES ('acme'), ('beta')")
    return await serve(settings.model_copy(update={"require_keys": True}))


@pytest.fixture
async def admin(database):
    return (await made(database, ["admin"], "*"))[1]


async def made(database, scopes, *directories):
    """Return the id of a new key and the headers that send it."""
    reach = read_reach(directories)
    wanted = records.Wanted("test", read_scopes(scopes, reach), reach)
    record, text = await records.create(database, wanted, "test")
    return record.id, {"x-api-key": text}


async def exported(gateway, headers):
    answer = await gateway.post("/directories/acme/exports", headers=headers)
    assert answer.status_code == 202, answer.text
    return answer.json()["job"]


async def ended(gateway, job, headers):
    return (await gateway.get(f"/jobs/{job}", headers=headers)).json()["finished_at"] is not None


async def test_revocation_cancels_the_jobs_that_wait(locked, database, admin):
    key, headers = await made(database, ["manage"], "acme")
    cancelled = await exported(locked, headers)
    other = await exported(locked, admin)
    subject = f"key:{key}"
    assert await database.fetchval("SELECT subject FROM jobs WHERE job = $1", cancelled) == subject
    assert (await locked.delete(f"/keys/{key}", headers=admin)).status_code == 200

    job = (await locked.get(f"/jobs/{cancelled}", headers=admin)).json()
    assert (job["state"], job["problem"]["code"]) == ("failed", "right-lost")
    assert job["finished_at"]
    assert (await locked.get(f"/jobs/{other}", headers=admin)).json()["state"] == "waiting"


async def test_the_right_is_asked_again_when_a_job_runs(locked, settings, database, admin):
    """Revocation by another version of the service cancels nothing, for example."""
    keys = {lost: await made(database, ["manage"], "acme") for lost in ("revoked", "expired", "scope", "reach", "none")}
    jobs = {lost: await exported(locked, headers) for lost, (_, headers) in keys.items()}
    erased = await locked.delete("/directories/acme/persons/none", headers=keys["revoked"][1])
    assert erased.status_code == 404
    ids = {lost: key for lost, (key, _) in keys.items()}
    past = datetime(2026, 1, 1, tzinfo=UTC)
    await database.execute("UPDATE keys SET revoked_at = now() WHERE id = $1", ids["revoked"])
    await database.execute("UPDATE keys SET expires_at = $2 WHERE id = $1", ids["expired"], past)
    for lost, change in (("scope", {"scopes": ["import"]}), ("reach", {"directories": ["beta"]})):
        assert (await locked.patch(f"/keys/{ids[lost]}", json=change, headers=admin)).status_code == 200

    async with working(settings):
        for job in jobs.values():
            await until(partial(ended, locked, job, admin))
    found = {lost: (await locked.get(f"/jobs/{job}", headers=admin)).json() for lost, job in jobs.items()}
    assert {lost: job["state"] for lost, job in found.items() if job["problem"] is None} == {"none": "done"}
    assert {job["problem"]["code"] for lost, job in found.items() if lost != "none"} == {"right-lost"}


@pytest.mark.timing
async def test_a_job_that_runs_ends_when_its_key_is_revoked(settings, database):
    begun, stopped = asyncio.Event(), asyncio.Event()

    async def hold(_):
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    key, _ = await made(database, ["manage"], "acme")
    set_current_act(Act(f"key:{key}", "POST /directories/{directory}/exports", "", ""))
    job = await enqueue(database, "hold", directory="acme")
    async with holding(settings, on_behalf(hold, lambda _: [Scope.EXPORT])):
        await begun.wait()
        await records.revoke(database, key, OPEN)
        await stopped.wait()
        await until(lambda: is_lost(database, job))


async def is_lost(database, job):
    return await database.fetchval("SELECT problem_code FROM jobs WHERE job = $1", job) == "right-lost"


@asynccontextmanager
async def holding(settings, task):
    with worker_telemetry(settings) as telemetry:
        worker = asyncio.create_task(work(settings, {"hold": task}, telemetry))
        try:
            yield
        finally:
            worker.cancel()
            with suppress(asyncio.CancelledError):
                await worker


async def test_whoever_asked_can_read_what_became_of_it(locked, database, admin):
    key, asker = await made(database, ["manage"], "acme", "beta")
    _, other = await made(database, ["manage"], "beta")
    job = await exported(locked, asker)
    await locked.put("/directories/acme/persons/ann", json={}, headers=admin)
    receipt = (await locked.delete("/directories/acme/persons/ann", headers=asker)).json()
    narrowed = {"scopes": ["delete"], "directories": ["beta"]}
    assert (await locked.patch(f"/keys/{key}", json=narrowed, headers=admin)).status_code == 200
    await until(lambda: is_narrow(locked, asker))
    for path in (f"/jobs/{job}", f"/deletions/{receipt['deletion']}"):
        assert (await locked.get(path, headers=asker)).status_code == 200
        assert (await locked.get(path, headers=other)).status_code == 404
    rotated = (await locked.post(f"/keys/{key}/rotate", json={}, headers=admin)).json()["key"]
    await until(lambda: is_narrow(locked, {"x-api-key": rotated}))
    assert (await locked.get(f"/jobs/{job}", headers={"x-api-key": rotated})).status_code == 200


async def is_narrow(gateway, headers):
    answer = await gateway.get("/directories", headers=headers)
    return answer.status_code == 403
