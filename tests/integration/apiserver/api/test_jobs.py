"""Asking for jobs and seeing how far they are, as the gateway does."""

import asyncio
import uuid
from datetime import timedelta

import asyncpg
import pytest

from apiserver.database.opening import open_database
from apiserver.jobs.records import State, enqueue, read
from apiserver.jobs.runs import delete_finished, recover
from apiserver.problems import JobNotFound


@pytest.fixture
async def connections(database_url):
    async with open_database(database_url, pool_size=4, timeout_seconds=60) as database:
        yield database


async def begin(database: asyncpg.Connection, kind: str) -> int:
    worker = await database.fetchval("SELECT * FROM procrastinate_register_worker_v1()")
    number: int = await database.fetchval("SELECT id FROM procrastinate_fetch_job_v2($1, $2)", [kind], worker)
    return number


async def end(database: asyncpg.Connection, number: int, status: str) -> None:
    await database.execute("SELECT procrastinate_finish_job_v1($1, $2, false)", number, status)


async def test_a_job_from_its_beginning_to_its_end(gateway, database):
    job = await enqueue(database, "count", directory="acme", arguments={"to": 3})
    waiting = (await gateway.get(f"/jobs/{job}")).json()
    assert waiting.pop("created_at").startswith("20")
    assert waiting == {
        "id": str(job),
        "kind": "count",
        "directory": "acme",
        "state": "waiting",
        "progress": {"done": 0, "total": None, "note": None},
        "problem": None,
        "started_at": None,
        "finished_at": None,
    }

    number = await begin(database, "count")
    await database.execute("UPDATE jobs SET done = 1, total = 3, note = 'One of three.' WHERE job = $1", job)
    running = (await gateway.get(f"/jobs/{job}")).json()
    assert (running["state"], running["progress"]) == ("running", {"done": 1, "total": 3, "note": "One of three."})
    assert running["started_at"] > running["created_at"]
    assert running["finished_at"] is None

    await end(database, number, "succeeded")
    done = (await gateway.get(f"/jobs/{job}")).json()
    assert (done["state"], done["problem"]) == ("done", None)
    assert done["finished_at"] > done["started_at"]


async def test_a_failed_job_says_why(gateway, database):
    job = await enqueue(database, "count")
    number = await begin(database, "count")
    await database.execute(
        "UPDATE jobs SET problem_code = 'no-face', problem = 'No face detected.' WHERE job = $1", job
    )
    assert (await gateway.get(f"/jobs/{job}")).json()["problem"] is None, "it has not failed yet"

    await end(database, number, "failed")
    failed = (await gateway.get(f"/jobs/{job}")).json()
    assert (failed["state"], failed["problem"]) == ("failed", {"code": "no-face", "detail": "No face detected."})


@pytest.mark.parametrize("job", ["2f0c6e4e-7d0b-4a8e-9a58-3c1f5f0f3a11", "7", "'; DROP TABLE jobs"])
async def test_an_unknown_job_is_a_problem(gateway, job):
    answer = await gateway.get(f"/jobs/{job}")
    assert (answer.status_code, answer.json()["code"]) == (404, "job-not-found")


async def test_what_was_asked_for_in_a_transaction_that_fails_was_not_asked_for(connections, database):
    transaction = database.transaction()
    await transaction.start()
    job = await enqueue(database, "count")
    await transaction.rollback()
    with pytest.raises(JobNotFound):
        await read(connections, job)


async def test_a_job_that_waits_is_not_asked_for_twice(database):
    first = await enqueue(database, "count", deduplication_key="count acme")
    assert await enqueue(database, "count", deduplication_key="count acme") == first
    assert await enqueue(database, "count", deduplication_key="count events") != first
    assert await enqueue(database, "count") != first

    await begin(database, "count")
    assert await enqueue(database, "count", deduplication_key="count acme") != first


@pytest.mark.timing
async def test_many_that_ask_at_once_get_one_job(connections):
    async def ask() -> uuid.UUID:
        async with connections.connection() as connection:
            return await enqueue(connection, "count", deduplication_key="count acme")

    assert len(set(await asyncio.gather(*(ask() for _ in range(20))))) == 1


async def test_a_waiting_job_does_not_begin_before_the_transaction_that_counts_on_it_ends(database, database_url):
    job = await enqueue(database, "count", deduplication_key="count acme")
    other = await asyncpg.connect(database_url)
    async with other.transaction():
        assert await enqueue(other, "count", deduplication_key="count acme") == job
        assert await begin(database, "count") is None
    await other.close()
    assert await begin(database, "count") is not None


async def test_jobs_of_one_directory_begin_one_after_the_other(database):
    for _ in range(2):
        await enqueue(database, "count", directory="acme")
        await enqueue(database, "index", directory="acme")
    number = await begin(database, "count")
    assert await begin(database, "count") is None
    assert await begin(database, "index") is None
    await end(database, number, "succeeded")
    assert await begin(database, "index") is not None


async def test_finished_jobs_are_forgotten_and_others_are_not(connections, database):
    finished, failed, late, waiting = [await enqueue(database, kind) for kind in ("one", "two", "three", "four")]
    for kind, status in (("one", "succeeded"), ("two", "failed"), ("three", "succeeded")):
        await end(database, await begin(database, kind), status)
    await database.execute(
        """
        UPDATE procrastinate_events SET at = now() - interval '8 days'
        FROM jobs WHERE number = job_id AND job = ANY ($1)
        """,
        [finished, failed, waiting],
    )
    await delete_finished(connections, timedelta(days=7))

    assert {row["job"] for row in await database.fetch("SELECT job FROM jobs")} == {late, waiting}
    assert await database.fetchval("SELECT count(*) FROM procrastinate_jobs") == 2


@pytest.mark.timing
async def test_only_the_jobs_of_dead_workers_are_run_again(connections, database):
    dead, living, gone = [await enqueue(database, kind) for kind in ("one", "two", "three")]
    numbers = [await begin(database, kind) for kind in ("one", "two", "three")]
    await database.execute(
        """
        UPDATE procrastinate_workers AS worker SET last_heartbeat = now() - interval '31 seconds'
        FROM procrastinate_jobs AS queue WHERE queue.worker_id = worker.id AND queue.id = $1
        """,
        numbers[0],
    )
    await database.execute("UPDATE procrastinate_jobs SET worker_id = NULL WHERE id = $1", numbers[2])
    await asyncio.gather(*(recover(connections, 30) for _ in range(4)))

    assert [(await read(connections, job)).state for job in (dead, living, gone)] == [
        State.WAITING,
        State.RUNNING,
        State.WAITING,
    ]
    assert [row["crashes"] for row in await database.fetch("SELECT crashes FROM jobs ORDER BY number")] == [1, 0, 1]
