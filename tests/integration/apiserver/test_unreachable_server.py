"""One of several servers of the database does not answer: what is on the others goes on."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest

from apiserver import tasks
from apiserver.biometrics.face import Image
from apiserver.database.opening import open_database
from apiserver.jobs.runs import run_job
from apiserver.keys.usage import Usage
from apiserver.problems import DatabaseUnavailable
from apiserver.resources import Resources
from apiserver.settings.settings import Settings
from apiserver.storage.archives import Archives
from apiserver.storage.images import ImageStore, image_row
from apiserver.storage.object_store import open_store
from apiserver.vectorizers.discovery import open_vectorizers
from tests.ports import free_port

PNG = Image("image/png", "png", width=1, height=1)
PORT = """
SELECT nodeport FROM pg_dist_shard_placement
WHERE shardid = get_shard_id_for_distribution_column('directories', $1::text)
"""
# As after a move of the server that nobody announced: the coordinator's connections are refused.
MOVE = "UPDATE pg_dist_node SET nodeport = $2 WHERE nodeport = $1"
EXPIRE = "UPDATE images SET expires_at = created_at, written_at = now() - interval '1 hour' WHERE directory = $1"
NO_ANSWER = "A server of the database does not answer"
DIRECTORIES = [f"directory {number}" for number in range(8)]


@pytest.fixture
async def resources(settings: Settings) -> AsyncIterator[Resources]:
    url, store = settings.database_url.get_secret_value(), open_store(settings.image_store_url)
    async with open_database(url, pool_size=8, timeout_seconds=60) as connections, open_vectorizers(settings) as client:
        images, archives = ImageStore(store, connections, 60), Archives(store, connections, 60)
        yield Resources(settings, connections, images, archives, client, Usage(connections, {}))


@pytest.fixture
def upkeep(resources: Resources, database: asyncpg.Connection) -> Callable[[str], Awaitable[int]]:
    """Does what a worker does of an upkeep job, and returns its progress."""

    async def run(kind: str) -> int:
        statement = "INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ($1, $1) RETURNING id"
        number = await database.fetchval(statement, kind)
        await run_job(tasks.UPKEEP[kind].task, resources, number, {})
        return int(await database.fetchval("SELECT done FROM jobs WHERE number = $1", number))

    return run


@dataclass(frozen=True)
class Made:
    """A directory with a stored photograph, and the receipt of a deletion."""

    directory: str
    key: str
    receipt: str
    port: int

    @property
    def file(self) -> str:
        return f"/files/{self.key}"


async def make(gateway: httpx.AsyncClient, resources: Resources, database: asyncpg.Connection, directory: str) -> Made:
    await database.execute("INSERT INTO directories (directory) VALUES ($1)", directory)
    await database.execute("INSERT INTO persons (directory, person) VALUES ($1, 'ann')", directory)
    row = image_row(directory, b"content", PNG, timedelta(hours=1), await resources.images.secret())
    await resources.images.save(row, b"content")
    deleted = await gateway.delete(f"/directories/{directory}/persons/ann")
    port = await database.fetchval(PORT, directory)
    return Made(directory, row.key, f"/deletions/{deleted.json()['deletion']}", port)


@pytest.fixture
def objects(settings: Settings) -> Callable[[], set[str]]:
    """Returns the names of the objects in the store."""
    folder = Path(urlsplit(settings.image_store_url).path)
    return lambda: {path.name for path in folder.iterdir()}


@pytest.mark.usefixtures("citus")
async def test_what_is_on_other_servers_is_shown_and_swept(gateway, database, resources, upkeep, objects):
    made = [await make(gateway, resources, database, directory) for directory in DIRECTORIES]
    cut_off = [each for each in made if each.port == made[0].port]
    reachable = [each for each in made if each.port != made[0].port]
    for each in (cut_off[0], reachable[0]):
        await database.execute(EXPIRE, each.directory)
    moved_to = free_port()
    await database.execute(MOVE, made[0].port, moved_to)

    for path in [each.receipt for each in reachable] + [each.file for each in reachable[1:]]:
        assert (await gateway.get(path)).status_code == 200
    assert (await gateway.get(reachable[0].file)).status_code == 404, "it has expired"
    for path in (cut_off[1].file, cut_off[1].receipt, "/directories"):
        refused = (await gateway.get(path)).json()
        assert (refused["code"], refused["detail"].partition(";")[0]) == ("database-unavailable", NO_ANSWER)
    assert (await gateway.get("/health/ready")).status_code == 200

    assert await upkeep("retention") == 1
    assert objects() == {each.key for each in made} - {reachable[0].key}

    await database.execute(MOVE, moved_to, made[0].port)
    assert (await gateway.get(cut_off[1].file)).status_code == 200
    assert len((await gateway.get("/directories")).json()["items"]) == len(made)
    assert await upkeep("retention") == 1
    assert objects() == {each.key for each in made} - {reachable[0].key, cut_off[0].key}


async def test_each_directory_is_asked_where_all_at_once_cannot_be(resources):
    tagged_ids = resources.images.tagged_ids
    await tagged_ids.add(["a", "b"])

    async def ask(directory: str | None) -> str:
        if directory in {None, "b"}:
            raise DatabaseUnavailable
        return str(directory)

    assert [answer async for answer in tagged_ids.everywhere(ask)] == ["a"]
