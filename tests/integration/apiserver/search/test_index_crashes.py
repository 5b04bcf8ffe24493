"""The build of a directory's indexes, while the worker or PostgreSQL is killed."""

import asyncio
import sys
import tempfile
from contextlib import asynccontextmanager, suppress
from pathlib import Path as FilePath

import asyncpg
import numpy as np
import psutil  # type: ignore[import-untyped]
import pytest
from pgvector import HalfVector

from apiserver.biometrics.model import Calibration, Model, Thresholds
from apiserver.database.opening import open_database
from apiserver.directories.sizes import DirectorySizes
from apiserver.problems import Problem
from apiserver.search.effort import Efforts
from apiserver.search.identification import Identification, Search
from apiserver.search.indexes import (
    Indexed,
    Kind,
    _build_index,
    _builder,
    build,
    enqueue_build,
    valid_indexes,
)
from apiserver.search.placement import placement_of
from apiserver.search.planning import Path, SwitchPoints
from db.migrate import migrate
from faceserver.standalone.child import Child
from faceserver.standalone.guard import Guard
from faceserver.standalone.postgres import Cluster
from tests.checkout import ROOT
from tests.integration.apiserver.worker_process import LOST_SOON
from tests.waiting import until

pytestmark = [pytest.mark.timing, pytest.mark.timeout(1200)]  # builds wait for every older transaction

FACES, DIMENSION = 20_000, 128
INDEXED = Indexed("acme", "model", DIMENSION)
POINTS = SwitchPoints(0, 1, 200, 100, 0)
MODEL = Model("model", DIMENSION, Calibration(20, -8), Thresholds(0.6, 0.4))

_BEGUN = """
SELECT blocks_done > 10 OR phase LIKE 'waiting for old snapshots' AS begun FROM pg_stat_progress_create_index
WHERE index_relid = to_regclass('{}')
"""


def vectors():
    raw = np.random.default_rng(1).normal(size=(FACES, DIMENSION)).astype(np.float32)
    return raw / np.linalg.norm(raw, axis=1, keepdims=True)


async def enrol(url):
    """Enrol so many people that a graph of them takes some seconds."""
    connection = await asyncpg.connect(url)
    await connection.set_type_codec(
        "halfvec", schema="public", encoder=HalfVector.to_binary, decoder=HalfVector.from_binary, format="binary"
    )
    people = [f"person {number}" for number in range(FACES)]
    await connection.execute("INSERT INTO directories VALUES ('acme')")
    await connection.copy_records_to_table(
        "persons", records=[("acme", p) for p in people], columns=["directory", "person"]
    )
    await connection.execute(
        "INSERT INTO images (directory, image, media_type, size_bytes, sha256) "
        "VALUES ('acme', 'i', 'image/png', 1, $1)",
        bytes(32),
    )
    await connection.copy_records_to_table(
        "faces",
        records=[
            ("acme", person, "model", HalfVector(vector), b"", [0, 0, 1, 1], 1.0, "i", bytes(32))
            for person, vector in zip(people, vectors(), strict=True)
        ],
        columns=["directory", "person", "model", "embedding", "crop", "box", "score", "image", "image_sha256"],
    )
    await connection.execute("ANALYZE faces")
    await connection.close()


async def search(database):
    """Search for one of the people, and return how they were found."""
    identification = Identification(database, POINTS, Efforts(0))
    size = await DirectorySizes(database).of("acme", MODEL.id)
    [result] = await identification.identify(Search("acme", MODEL, 3, 0.6), [vectors()[123]], size)
    assert result.candidates[0].person == "person 123"
    return result.path


async def build_codes(database):
    """Build the first of both indexes, so that the graph alone is missing."""
    async with _builder(database, INDEXED) as connection:
        await _build_index(connection, await placement_of(connection, "acme"), INDEXED, Kind.CODES)


@asynccontextmanager
async def building(url, database):
    """Keep a build of the graph from ending, as any older transaction does; yields what returns once it has begun."""
    connection = await asyncpg.connect(url)
    transaction = connection.transaction(isolation="repeatable_read")
    await transaction.start()
    await connection.fetchval("SELECT count(*) FROM directories")  # takes its snapshot

    async def begun():
        async with database.connection() as other:
            placement = await placement_of(other, "acme")
            return any(row["begun"] for row in await placement.fetch(other, _BEGUN.format(INDEXED.name(Kind.GRAPH))))

    try:
        yield lambda: until(begun)
    finally:
        connection.terminate()


async def until_valid(database):
    async def valid():
        with suppress(Problem):
            return await valid_indexes(database, INDEXED) == set(Kind)
        return False

    await until(valid)


@asynccontextmanager
async def worker(url, folder):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "apiserver.worker"),
        cwd=ROOT,
        env={
            "APISERVER_DATABASE_URL": url,
            "APISERVER_IMAGE_STORE_URL": f"file://{folder}/images",
            **LOST_SOON,
            "APISERVER_SEARCH_INDEX_FACES": "1",  # or upkeep drops the indexes of so few faces
        },
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


@pytest.mark.long
async def test_a_worker_that_is_killed_is_followed_by_one_that_finishes(database_url, tmp_path):
    await enrol(database_url)
    async with open_database(database_url, pool_size=4, timeout_seconds=60) as database:
        await build_codes(database)
        async with database.connection() as connection:
            await enqueue_build(connection, INDEXED)
        async with building(database_url, database) as until_building, worker(database_url, tmp_path) as first:
            await until_building()
            first.kill()
            await first.wait()
            assert await search(database) is Path.QUANTIZED
        async with worker(database_url, tmp_path):
            await until_valid(database)
            assert await search(database) is Path.GRAPH


@pytest.fixture
def folder():
    """Where PostgreSQL, which does not run as root, keeps its own."""
    with tempfile.TemporaryDirectory(prefix="postgres-") as path:
        yield FilePath(path)


async def test_a_server_that_is_killed_leaves_an_index_that_is_built_again(folder):
    with Cluster.opened(folder) as cluster, Guard() as guard:
        await cluster.prepare()
        server = Child(cluster.program, guard)
        await server.start()
        try:
            await until(lambda: cluster.is_ready(server.pid))
            server.keep()
            await migrate(cluster.dsn)
            await enrol(cluster.dsn)
            async with open_database(cluster.dsn, pool_size=4, timeout_seconds=60) as database:
                await build_codes(database)
                async with building(cluster.dsn, database) as until_building:
                    build_of_it = asyncio.create_task(build(database, INDEXED, ignore))
                    await until_building()
                    assert server.pid
                    postgres = psutil.Process(server.pid)
                    for process in [postgres, *postgres.children()]:  # one left over would finish the index
                        process.kill()
                    with pytest.raises(Problem):
                        await build_of_it
                await until_answering(database)
                assert Kind.GRAPH not in await valid_indexes(database, INDEXED)
                assert await search(database) is Path.QUANTIZED
                await build(database, INDEXED, ignore)
                assert await search(database) is Path.GRAPH
        finally:
            await server.stop()


async def until_answering(database):
    async def answering():
        with suppress(Problem):
            await database.check_schema()
            return True
        return False

    await until(answering)


async def ignore(_) -> None:
    pass
