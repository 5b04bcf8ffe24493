"""What a worker tells Prometheus."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest

from apiserver.jobs.records import enqueue
from tests.checkout import ROOT
from tests.integration.apiserver.counting_worker import STEPS
from tests.metrics import Samples
from tests.ports import free_port
from tests.waiting import PATIENCE_SECONDS


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    await connection.execute(STEPS)
    yield connection
    await connection.close()


@asynccontextmanager
async def working(database_url: str, folder: Path) -> AsyncIterator[int]:
    """Run a worker, and yield the port at which it tells its metrics."""
    port = free_port()
    environment = {
        "APISERVER_DATABASE_URL": database_url,
        "APISERVER_IMAGE_STORE_URL": f"file://{folder}/images",
        "APISERVER_WORKER_METRICS_PORT": str(port),
        "APISERVER_METRICS_PORT": "1",  # the gateway's, which a worker leaves alone
        "APISERVER_LOG_LEVEL": "error",
    }
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.apiserver.counting_worker", cwd=ROOT, env=environment
    )
    yield port
    worker.terminate()
    assert await asyncio.wait_for(worker.wait(), PATIENCE_SECONDS) == 0


async def until(port: int, condition: Callable[[Samples], bool]) -> Samples:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                said = await asyncio.to_thread(Samples, port)
            except httpx.TransportError:  # it does not listen yet
                await asyncio.sleep(0.1)
                continue
            if condition(said):
                return said
            await asyncio.sleep(0.1)


async def test_runs_are_counted_by_kind_and_outcome(connection, database_url, tmp_path):
    ends = {"count": "done", "refuse": "failed", "blunder": "failed", "outage": "put-off"}
    for kind in ends:
        await enqueue(connection, kind, arguments={"to": 1})

    def all_ended(said: Samples) -> bool:
        counted = [said("worker_runs_total", kind=kind, outcome=outcome) for kind, outcome in ends.items()]
        return counted == [1] * len(ends) and said("worker_running", kind="count") == 0

    async with working(database_url, tmp_path) as port:
        said = await until(port, all_ended)
        assert said("worker_run_seconds_count", kind="count") == 1


async def test_the_queue_and_the_stores_are_told_of(connection, database_url, tmp_path):
    await enqueue(connection, "of-a-later-release", directory="Secret Club")
    await connection.execute("UPDATE procrastinate_events SET at = at - interval '1 hour'")
    await connection.execute("UPDATE jobs SET done = 30, total = 100")

    async with working(database_url, tmp_path) as port:
        said = await until(port, lambda said: said("database_bytes") > 0)

    assert said("jobs", kind="of-a-later-release", state="waiting") == 1
    assert 3600 <= said("jobs_oldest_seconds", kind="of-a-later-release") < 7200
    assert said("jobs_remaining", kind="of-a-later-release") == 70
    assert 0 < said("image_store_free_bytes") < said("image_store_disk_bytes")
    assert "Secret" not in said.text
