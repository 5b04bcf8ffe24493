"""Workers as processes of their own: jobs are run, whatever dies meanwhile."""

import asyncio
import itertools
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from apiserver.biometrics.face import Image
from apiserver.database.opening import open_database
from apiserver.jobs.records import enqueue
from apiserver.jobs.runs import MAX_CRASHES
from apiserver.settings.settings import Settings
from apiserver.storage.images import ImageStore
from apiserver.storage.object_store import open_store
from db.migrate import migrate
from tests.checkout import ROOT
from tests.citus import allow_changes_everywhere
from tests.image_rows import image_row
from tests.integration.apiserver.counting_worker import STEPS
from tests.integration.apiserver.worker_process import LOST_SOON, Worker
from tests.waiting import PATIENCE_SECONDS, until

pytestmark = pytest.mark.timing


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(database_url=database_url, image_store_url=f"file://{tmp_path}/images")


Hire = Callable[..., Awaitable[Worker]]


@pytest.fixture
async def hire(settings: Settings) -> AsyncIterator[Hire]:
    """Starts workers that end with the test."""
    async with AsyncExitStack() as stack:

        async def start(
            settings: Settings = settings, module: str = "tests.integration.apiserver.counting_worker", **variables: str
        ) -> Worker:
            return await stack.enter_async_context(Worker(settings, module, **variables))

        yield start


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    await connection.execute(STEPS)
    yield connection
    await connection.close()


def ended(database: asyncpg.Connection, *jobs: Any) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return bool(
            await database.fetchval(
                """
                SELECT count(*) = $2 FROM jobs JOIN procrastinate_jobs AS queue ON queue.id = number
                WHERE job = ANY ($1) AND status NOT IN ('todo', 'doing')
                """,
                jobs,
                len(jobs),
            )
        )

    return check


def steps(database: asyncpg.Connection, number: int) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return bool(await database.fetchval("SELECT count(*) >= $1 FROM steps", number))

    return check


async def state(database: asyncpg.Connection, job: Any) -> tuple[Any, ...]:
    return tuple(
        await database.fetchrow(
            """
            SELECT status::text, done, total, note, problem_code, problem, crashes
            FROM jobs JOIN procrastinate_jobs AS queue ON queue.id = number WHERE job = $1
            """,
            job,
        )
    )


@pytest.fixture
def go(tmp_path: Path) -> Path:
    """The file for which a held job waits."""
    return tmp_path / "go"


COUNTED = ("succeeded", 3, 3, "Counted.", None, None, 0)


async def test_a_job_runs_and_so_does_one_that_was_there_before(hire, database):
    early = await enqueue(database, "count", arguments={"to": 3})
    await hire()
    await until(ended(database, early))
    late = await enqueue(database, "count", arguments={"to": 3})
    await until(ended(database, late))

    assert [await state(database, job) for job in (early, late)] == [COUNTED, COUNTED]
    assert await database.fetchval("SELECT count(*) FROM steps") == 6


async def test_workers_are_told_of_jobs_and_need_not_ask(hire, database):
    told: asyncio.Queue[str] = asyncio.Queue()

    def listener(*heard: Any) -> None:
        told.put_nowait(heard[2])

    async def listening() -> bool:
        query = "SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE 'LISTEN%procrastinate_queue_v1#%'"
        return bool(await database.fetchval(query))

    await database.add_listener("procrastinate_queue_v1#count", listener)
    await hire()
    await until(listening)
    await enqueue(database, "count", arguments={"to": 3})
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await told.get() == "procrastinate_queue_v1#count"
    await database.remove_listener("procrastinate_queue_v1#count", listener)


async def test_a_job_asked_for_in_a_transaction_waits_for_its_end(hire, database, database_url):
    await hire()
    other = await asyncpg.connect(database_url)
    async with other.transaction():
        job = await enqueue(other, "count", arguments={"to": 3})
        await asyncio.sleep(0.5)
        assert not await steps(database, 1)()
    await other.close()
    await until(ended(database, job))


@pytest.mark.parametrize(
    ("kind", "code", "problem"),
    [
        ("refuse", "invalid-field", "There is no such album."),
        ("blunder", "internal-error", "The service failed because of an internal error."),
    ],
)
async def test_a_job_that_fails_says_why_and_the_worker_goes_on(hire, database, kind, code, problem):
    worker = await hire()
    job = await enqueue(database, kind)
    other = await enqueue(database, "count", arguments={"to": 3})
    await until(ended(database, job, other))

    assert await state(database, job) == ("failed", 0, None, None, code, problem, 0)
    assert await state(database, other) == COUNTED
    assert f"[{job}]" in worker.log


async def test_a_job_that_meets_an_outage_is_run_again(hire, database):
    worker = await hire()
    job = await enqueue(database, "outage")
    await until(ended(database, job))

    assert (await state(database, job))[0] == "succeeded"
    assert await database.fetchval("SELECT count(*) FROM steps") == 2
    assert "Job postponed: The image store is unavailable." in worker.log


async def test_a_killed_worker_s_job_is_run_again_by_another_from_where_it_was(hire, database, go):
    first, second = await hire(**LOST_SOON), await hire(**LOST_SOON)
    job = await enqueue(database, "count", arguments={"to": 20, "hold": 10, "go": str(go)})
    await until(steps(database, 11))
    pid = await database.fetchval("SELECT process FROM steps LIMIT 1")
    os.kill(pid, signal.SIGKILL)
    go.touch()
    await until(ended(database, job))

    assert (await state(database, job))[:2] == ("succeeded", 20)
    assert await database.fetchval("SELECT count(DISTINCT step) FROM steps") == 20
    processes = [row["process"] for row in await database.fetch("SELECT process FROM steps ORDER BY at")]
    assert set(processes) == {first.process.pid, second.process.pid}
    assert sum(one != other for one, other in itertools.pairwise(processes)) == 1
    assert await database.fetchval("SELECT min(step) > 0 FROM steps WHERE process <> $1", pid)


@pytest.mark.long
async def test_a_job_that_kills_its_workers_is_given_up(hire, database):
    job = await enqueue(database, "die")
    for number in range(MAX_CRASHES):
        worker = await hire(APISERVER_JOB_LOST_SECONDS="2")
        assert await asyncio.wait_for(worker.process.wait(), PATIENCE_SECONDS) == -signal.SIGKILL
        assert await database.fetchval("SELECT count(*) FROM steps") == number + 1
    await hire(APISERVER_JOB_LOST_SECONDS="2")
    await until(ended(database, job))

    problem = ("internal-error", f"{MAX_CRASHES} workers died while they ran this job.")
    assert await state(database, job) == ("failed", 0, None, None, *problem, MAX_CRASHES)
    assert await database.fetchval("SELECT count(*) FROM steps") == MAX_CRASHES


async def test_several_workers_run_each_job_once_and_jobs_of_a_directory_one_after_the_other(hire, database):
    for _ in range(3):
        await hire(APISERVER_WORKER_JOBS="4")
    jobs = [
        await enqueue(database, "count", directory=directory, arguments={"to": 3, "pause": 0.02})
        for directory in ("acme", "events", None)
        for _ in range(6)
    ]
    await until(ended(database, *jobs))

    assert {await state(database, job) for job in jobs} == {COUNTED}
    assert await database.fetchval("SELECT count(*) FROM steps") == 3 * len(jobs)
    overlaps = """
        WITH spans AS (
            SELECT job, directory, tstzrange(min(at), max(at), '[]') AS span FROM steps JOIN jobs USING (job)
            GROUP BY job, directory
        )
        SELECT directory, count(*) FROM spans AS one JOIN spans AS other USING (directory)
        WHERE one.job < other.job AND one.span && other.span GROUP BY directory
    """
    assert await database.fetch(overlaps) == []


async def test_sigterm_lets_a_short_job_finish(hire, database, go):
    worker = await hire()
    job = await enqueue(database, "count", arguments={"to": 3, "hold": 1, "go": str(go)})
    await until(steps(database, 2))
    worker.process.terminate()
    await until(lambda: "Stopping" in worker.log)
    go.touch()

    assert await asyncio.wait_for(worker.process.wait(), PATIENCE_SECONDS) == 0
    assert await state(database, job) == COUNTED
    assert "Traceback" not in worker.log


async def test_sigterm_hands_a_long_job_back(hire, database, go):
    """One that would go on for ever; that its end was not waited for is shown by that of the worker."""
    worker = await hire(**LOST_SOON)
    job = await enqueue(database, "count", arguments={"to": 10, "hold": 5, "go": str(go)})
    await until(steps(database, 6))

    assert await worker.stop() == 0
    status, done, *_, crashes = await state(database, job)
    assert (status, done, crashes) == ("todo", 5, 0)
    assert await database.fetchval("SELECT count(*) FROM procrastinate_workers") == 0
    assert "Traceback" not in re.sub(r"(?s)ended with status: Aborted.*?CancelledError", "", worker.log)

    go.touch()
    await hire()
    await until(ended(database, job))
    assert (await state(database, job))[:2] == ("succeeded", 10)


async def test_a_job_handed_back_bears_that_another_of_its_name_waits(hire, database, go):
    worker = await hire(APISERVER_WORKER_JOBS="1", **LOST_SOON)
    held = {"to": 3, "hold": 0, "go": str(go)}
    running = await enqueue(database, "count", directory="acme", arguments=held, deduplication_key="count acme")
    await until(steps(database, 1))
    waiting = await enqueue(database, "count", directory="acme", arguments={"to": 3}, deduplication_key="count acme")
    assert waiting != running
    assert await worker.stop() == 0
    assert (await state(database, running))[0] == "todo"

    go.touch()
    await hire()
    await until(ended(database, running, waiting))


async def test_a_job_whose_end_cannot_be_recorded_is_run_again(hire, database):
    """Though the worker lives, and its heartbeats come through."""
    await allow_changes_everywhere(database)
    await database.execute(
        """
        CREATE SEQUENCE attempts;
        CREATE FUNCTION fail_twice() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF nextval('attempts') <= 2 THEN RAISE 'no' USING ERRCODE = '57000'; END IF; RETURN NEW;
        END $$;
        CREATE TRIGGER fail_twice BEFORE UPDATE ON procrastinate_jobs FOR EACH ROW
            WHEN (NEW.status = 'succeeded') EXECUTE FUNCTION fail_twice();
        """
    )
    worker = await hire(**LOST_SOON)
    job = await enqueue(database, "count", arguments={"to": 3})
    await until(ended(database, job))
    assert (await state(database, job))[:2] == ("succeeded", 3)
    assert worker.process.returncode is None
    assert "Traceback" not in worker.log


async def test_a_restart_of_postgresql_during_a_job(hire, settings, own_postgres, go):
    await migrate(own_postgres.get_uri())
    restarted = settings.model_copy(update={"database_url": SecretStr(own_postgres.get_uri())})
    worker = await hire(restarted, **LOST_SOON)
    database = await asyncpg.connect(own_postgres.get_uri())
    await database.execute(STEPS)
    job = await enqueue(database, "count", arguments={"to": 20, "hold": 10, "go": str(go)})
    await until(steps(database, 11))
    await database.close()

    await asyncio.to_thread(own_postgres.stop)
    go.touch()
    await until(lambda: "The database is unavailable" in worker.log)
    await asyncio.to_thread(own_postgres.ensure_postgres_running)

    database = await asyncpg.connect(own_postgres.get_uri())
    await until(ended(database, job))
    assert (await state(database, job))[:2] == ("succeeded", 20)
    assert await database.fetchval("SELECT count(DISTINCT step) FROM steps") == 20
    await database.close()
    assert worker.process.returncode is None
    assert await worker.stop() == 0


@pytest.mark.long
async def test_a_long_outage_is_waited_out(hire, settings, cable, database, go):
    """One after which the worker would be taken for lost."""
    worker = await hire(settings.model_copy(update={"database_url": SecretStr(cable.url)}), **LOST_SOON)
    job = await enqueue(database, "count", arguments={"to": 10, "hold": 2, "go": str(go)})
    await until(steps(database, 3))
    await cable.cut()
    go.touch()
    await asyncio.sleep(8)
    assert worker.process.returncode is None
    await cable.mend()

    await until(ended(database, job))
    assert (await state(database, job))[:2] == ("succeeded", 10)


@pytest.mark.long
async def test_a_worker_cut_off_ends_its_job_before_another_runs_it(hire, settings, cable, database, tmp_path):
    cut_off = await hire(settings.model_copy(update={"database_url": SecretStr(cable.url)}), **LOST_SOON)
    file, enough = tmp_path / "scribbled", tmp_path / "enough"
    job = await enqueue(database, "scribble", arguments={"file": str(file), "enough": str(enough)})
    await until(file.exists)
    other = await hire(**LOST_SOON)
    await cable.cut()
    await until(lambda: file.read_text().count(f"{other.process.pid}\n") >= 50)
    enough.touch()
    await until(ended(database, job))

    processes = [int(line) for line in file.read_text().splitlines()]
    assert sum(one != other for one, other in itertools.pairwise(processes)) == 1
    assert (processes[0], processes[-1]) == (cut_off.process.pid, other.process.pid)
    assert cut_off.process.returncode is None


async def test_sigterm_during_an_outage(hire, settings, cable):
    await cable.cut()
    worker = await hire(settings.model_copy(update={"database_url": SecretStr(cable.url)}), **LOST_SOON)

    await until(lambda: "Taking no jobs: The database is unavailable." in worker.log)
    await asyncio.sleep(2.5)
    assert worker.log.count("Taking no jobs") == 1
    assert await worker.stop() == 0


async def test_a_database_that_is_migrated_later(hire, settings, empty_database_url):
    worker = await hire(settings.model_copy(update={"database_url": SecretStr(empty_database_url)}))
    await until(lambda: "Taking no jobs: The database has not been migrated; run the migrations." in worker.log)
    await migrate(empty_database_url)
    database = await asyncpg.connect(empty_database_url)
    await database.execute(STEPS)
    await until(ended(database, await enqueue(database, "count", arguments={"to": 3})))
    await database.close()
    assert await worker.stop() == 0


async def test_the_file_that_shows_it_alive_is_renewed_and_goes_with_it(hire, tmp_path):
    file = tmp_path / "alive"
    worker = await hire(APISERVER_WORKER_ALIVE_FILE=str(file))

    await until(file.exists)
    first = file.stat()
    await until(lambda: file.stat().st_mtime_ns > first.st_mtime_ns)
    assert await worker.stop() == 0
    assert not file.exists()


def test_settings_that_are_missing_are_named():
    result = subprocess.run(
        [sys.executable, "-m", "apiserver.worker"], cwd=ROOT, env={}, capture_output=True, text=True, check=False
    )
    assert result.returncode == 2
    assert "APISERVER_DATABASE_URL: Field required" in result.stderr
    assert "Traceback" not in result.stderr


async def test_expired_images_are_removed_by_themselves_and_kept_ones_stay(hire, settings, database, tmp_path):
    await save_images(settings)
    await database.execute("UPDATE images SET expires_at = now(), written_at = now() - interval '1 hour'")
    await database.execute("UPDATE images SET expires_at = NULL WHERE image = (SELECT min(image) FROM images)")
    worker = await hire(module="apiserver.worker")

    async def swept() -> bool:
        return int(await database.fetchval("SELECT count(*) FROM images")) == 1

    await until(swept)
    kept = await database.fetchval("SELECT image FROM images")
    assert [file.name for file in (tmp_path / "images").iterdir()] == [kept]

    await until(lambda: "Deleted 4 objects" in worker.log)
    assert await database.fetchval("SELECT count(*) FROM procrastinate_jobs WHERE status = 'succeeded'") == 0


async def save_images(settings: Settings) -> None:
    async with open_database(settings.database_url.get_secret_value(), pool_size=1, timeout_seconds=60) as connections:
        images = ImageStore(open_store(settings.image_store_url), connections, 5)
        for content in (b"one", b"two", b"three", b"four", b"five"):
            row = image_row("acme", content, Image("image/png", "png", width=1, height=1), timedelta(hours=1))
            await images.save(row, content)
