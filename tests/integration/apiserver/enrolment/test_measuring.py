"""The job that measures faces which were enrolled without their recognizability."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import asyncpg
import httpx
import pytest

from apiserver import tasks
from apiserver.database.opening import open_database
from apiserver.jobs.runs import run_job
from apiserver.keys.usage import Usage
from apiserver.problems import VectorizerUnavailable
from apiserver.resources import Resources
from apiserver.settings.settings import Settings
from apiserver.storage.archives import Archives
from apiserver.storage.images import ImageStore
from apiserver.storage.object_store import open_store
from apiserver.vectorizers.discovery import open_vectorizers
from tests.ports import free_port
from tests.waiting import until

Work = Callable[[], Awaitable[dict[str, int]]]

_UNMEASURED = "SELECT count(*) FROM faces WHERE recognizability IS NULL"


@pytest.fixture
async def resources(settings: Settings) -> AsyncIterator[Resources]:
    url, store = settings.database_url.get_secret_value(), open_store(settings.image_store_url)
    async with open_database(url, pool_size=8, timeout_seconds=60) as connections, open_vectorizers(settings) as client:
        images, archives = ImageStore(store, connections, 60), Archives(store, connections, 60)
        yield Resources(settings, connections, images, archives, client, Usage(connections, {}))


@pytest.fixture
async def number(database: asyncpg.Connection) -> int:
    """The number of a job of this kind."""
    statement = "INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ($1, $1) RETURNING id"
    return int(await database.fetchval(statement, "recognizability"))


@pytest.fixture
def work(resources: Resources, database: asyncpg.Connection, number: int) -> Work:
    """Do what a worker does of the job, and return its progress."""

    async def work() -> dict[str, int]:
        await run_job(tasks.UPKEEP["recognizability"].task, resources, number, {})
        return dict(await database.fetchrow("SELECT done, total FROM jobs WHERE number = $1", number))

    return work


@pytest.fixture
async def enrolled(gateway: httpx.AsyncClient, ann: bytes, bob: bytes) -> None:
    for person, photograph, directory in (("ann", ann, "acme"), ("bob", bob, "acme"), ("bob", bob, "b")):
        fields = {"person": person, "directory": directory}
        assert (await gateway.post("/learn", data=fields, files={"file": photograph})).status_code == 201


@pytest.mark.usefixtures("enrolled")
async def test_faces_of_every_directory_get_what_they_would_have_got_at_their_enrolment(database, work):
    measured = dict(await database.fetch("SELECT face, recognizability FROM faces"))
    await database.execute("UPDATE faces SET recognizability = NULL")

    progress = await work()

    assert progress == {"done": 3, "total": 3}
    again = dict(await database.fetch("SELECT face, recognizability FROM faces"))
    assert again == pytest.approx(measured, abs=0.02), "a crop is compressed once more"
    assert await work() == progress, "there is nothing left to do"


@pytest.mark.usefixtures("enrolled")
async def test_faces_of_other_models_and_those_measured_stay(database, work):
    await database.execute("UPDATE faces SET recognizability = NULL, model = 'another@0123' WHERE directory = 'b'")
    await database.execute("UPDATE faces SET recognizability = 0.25 WHERE person = 'ann'")
    await work()
    rows = await database.fetch("SELECT directory, person, recognizability FROM faces ORDER BY directory, person")
    assert [row["recognizability"] for row in rows][::2] == [0.25, None]
    assert rows[1]["recognizability"] > 0.5


@pytest.mark.usefixtures("enrolled")
async def test_nobody_is_recognized_by_a_crop_that_cannot_be_read(database, work):
    await database.execute("UPDATE faces SET recognizability = NULL")
    await database.execute("UPDATE faces SET crop = 'no image' WHERE person = 'ann'")
    await work()
    assert await database.fetchval("SELECT recognizability FROM faces WHERE person = 'ann'") == 0
    assert await database.fetchval(_UNMEASURED) == 0


@pytest.mark.usefixtures("enrolled")
async def test_an_outage_of_the_vectorizers_puts_the_job_off(settings, resources, number, database, work):
    await database.execute("UPDATE faces SET recognizability = NULL")
    away = settings.model_copy(update={"vectorizer_urls": f"http://127.0.0.1:{free_port()}"})
    async with open_vectorizers(away) as unreachable:
        task = tasks.UPKEEP["recognizability"].task
        with pytest.raises(VectorizerUnavailable):
            await run_job(task, replace(resources, vectorizer=unreachable), number, {})
    assert await database.fetchval(_UNMEASURED) == 3
    await work()
    assert await database.fetchval(_UNMEASURED) == 0


@pytest.mark.usefixtures("enrolled")
async def test_a_job_that_was_stopped_goes_on_where_it_ended(database, resources, number, work):
    await database.execute(
        """
        INSERT INTO faces (directory, person, model, embedding, crop, box, score, image_sha256)
        SELECT directory, person, model, embedding, crop, box, score, sha256(n::text::bytea)
        FROM faces, generate_series(1, 60) AS n WHERE directory = 'acme' AND person = 'ann'
        """
    )

    async def has_begun() -> bool:
        return bool(await database.fetchval(_UNMEASURED) < 60)

    task = tasks.UPKEEP["recognizability"].task
    running = asyncio.ensure_future(run_job(task, resources, number, {}))
    await until(has_begun)
    running.cancel()
    await asyncio.wait([running])
    await work()
    assert await database.fetchval(_UNMEASURED) == 0
