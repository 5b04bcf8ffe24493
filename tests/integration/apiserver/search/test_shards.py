"""Large directories on Citus: their indexes are made, used and dropped on their own shards, wherever these are."""

import asyncio
import logging

import numpy as np
import pytest

from apiserver.directories.sizes import DirectorySizes
from apiserver.problems import DatabaseUnavailable
from apiserver.search.cache import CodeCache
from apiserver.search.effort import Efforts
from apiserver.search.identification import Identification, Search
from apiserver.search.indexes import Indexed, Kind, build, requested, valid_indexes
from apiserver.search.placement import Placement, Server, placement_of, servers
from apiserver.search.planning import Path, SwitchPoints
from apiserver.search.upkeep import tend
from apiserver.telemetry.shared import SharedMetrics
from tests.citus import connected, url_of
from tests.integration.apiserver.search import test_index_crashes as crashes
from tests.integration.apiserver.search.test_identification import (
    DIMENSION,
    MATCH,
    ignore,
    model,
    near,
    unit_vectors,
)
from tests.waiting import until

pytestmark = [pytest.mark.usefixtures("citus"), pytest.mark.timeout(600)]  # builds wait for every older transaction

INDEXED = Indexed("acme", "model", DIMENSION)
POINTS = SwitchPoints(0, 1, 200, 100, 0, cache_bytes=10**6)
FACES = 300

MODE = "'block_writes'"
"""The other one waits for builds, and its slots and roles have names that copies of one database share."""

_INDEXES = """
SELECT indrelid::regclass::text AS table FROM pg_class JOIN pg_index ON indexrelid = pg_class.oid
WHERE relname IN ('{}', '{}')
"""


async def find(connections, probe, persons=3):
    """Search the directory as a gateway does that has just been started."""
    search = Search("acme", model(), persons, MATCH)
    size = await DirectorySizes(connections).counted("acme", "model")
    identification = Identification(connections, POINTS, Efforts(0), CodeCache(connections, POINTS))
    [result] = await identification.identify(search, [list(probe)], size)
    return result


@pytest.fixture
async def samples(enrol):
    """The embeddings of the directory's people."""
    samples = unit_vectors(FACES, seed=1)
    await enrol([f"person {number}" for number in range(FACES)], samples)
    return samples


async def found_by(connections, samples):
    result = await find(connections, samples[7])
    assert result.candidates[0].person == "person 7"
    return result.path


async def place(connections):
    async with connections.unbound() as connection:
        return await placement_of(connection, "acme")


async def everywhere(connections):
    """The tables with the directory's indexes, complete or not, on the coordinator and on all servers."""
    query = _INDEXES.format(*(INDEXED.name(kind) for kind in Kind))
    async with connections.unbound() as connection:
        return [
            (row["table"], server)
            for server in [None, *await servers(connection)]
            for row in await Placement(None, server).fetch(connection, query)
        ]


async def waiting(database):
    """The builds that wait for a worker."""
    return [row["args"] for row in await database.fetch("SELECT args FROM procrastinate_jobs WHERE status = 'todo'")]


async def moved(connections, database):
    """Move the directory, with all on its shard, to the other server."""
    here = await place(connections)
    async with connections.unbound() as connection:
        other = next(server for server in await servers(connection) if server and server != here.server)
    assert here.table
    assert here.server
    shard = int(here.table.rpartition("_")[2])
    statement = f"SELECT citus_move_shard_placement($1, $2, $3, $4, $5, {MODE})"
    await database.execute(statement, shard, *here.server, *other, timeout=120)
    return here


async def isolated(connections, database):
    """Give the directory a shard of its own."""
    here = await place(connections)
    statement = f"SELECT isolate_tenant_to_new_shard('directories', 'acme', 'CASCADE', {MODE})"
    await database.execute(statement, timeout=120)
    return here


async def test_indexes_are_on_the_shard_alone_and_used(connections, samples):
    assert await build(connections, INDEXED, ignore)

    here = await place(connections)
    assert isinstance(here.server, Server)
    assert await everywhere(connections) == [(here.table, here.server)] * 2
    assert await valid_indexes(connections, INDEXED) == set(Kind)
    assert await found_by(connections, samples) is Path.GRAPH


@pytest.mark.usefixtures("samples")
async def test_metrics_count_the_indexes_of_all_servers(connections, tmp_path):
    await build(connections, INDEXED, ignore)
    metrics = SharedMetrics(connections, f"file://{tmp_path}")
    await metrics.refresh()
    [counted] = [metric for metric in metrics.collect() if metric.name == "faceserver_search_indexes"]
    assert {(sample.labels["index"], sample.labels["state"], sample.value) for sample in counted.samples} == {
        ("codes", "ready", 1),
        ("graph", "ready", 1),
    }


async def test_the_range_of_a_search_reaches_the_shard(connections, enrol):
    """By pgvector's default, a search would find the 40 nearest faces, which are all of one person."""
    [ann], others = unit_vectors(1, seed=2), unit_vectors(200, seed=3)
    crowd = near(np.repeat(ann[None], 60, axis=0), 0.9, seed=4)
    await enrol(["ann"] * 60 + [f"person {number}" for number in range(200)], [*crowd, *others])
    await build(connections, INDEXED, ignore)

    result = await find(connections, ann, persons=3)

    assert (result.path, len(result.candidates), result.candidates[0].person) == (Path.GRAPH, 3, "ann")


@pytest.mark.parametrize("change", [moved, isolated])
async def test_indexes_are_made_again_where_the_faces_have_gone(connections, samples, database, change):
    await build(connections, INDEXED, ignore)
    before = await change(connections, database)

    after = await place(connections)
    assert after != before
    assert await valid_indexes(connections, INDEXED) == set()
    assert await found_by(connections, samples) is Path.QUANTIZED
    [arguments] = await waiting(database)  # the search has asked for it
    assert '"graph": true' in arguments
    await build(connections, INDEXED, ignore)

    assert await found_by(connections, samples) is Path.GRAPH

    async def old_ones_are_gone():
        await database.execute("CALL citus_cleanup_orphaned_resources()")
        return await everywhere(connections) == [(after.table, after.server)] * 2

    await until(old_ones_are_gone)


@pytest.mark.usefixtures("samples")
async def test_indexes_that_were_left_behind_are_asked_for_without_a_search(connections, database):
    await build(connections, INDEXED, ignore)
    await moved(connections, database)
    await tend(connections, await requested(connections), POINTS)
    assert len(await waiting(database)) == 1


@pytest.mark.timing
async def test_faces_that_move_during_a_build_have_their_indexes_in_the_end(
    connections, samples, database, database_url
):
    """An older transaction keeps the build from ending until the faces are in another table."""
    here = await place(connections)
    async with connected(url_of(database_url, *here.server)) as older, older.transaction(isolation="repeatable_read"):
        await older.fetchval("SELECT count(*) FROM pg_class")  # takes its snapshot
        building = asyncio.create_task(build(connections, INDEXED, ignore))
        await until(lambda: everywhere(connections))
        await moved(connections, database)
        assert not building.done()

    assert await building
    assert await valid_indexes(connections, INDEXED) == set(Kind)
    assert await found_by(connections, samples) is Path.GRAPH


@pytest.mark.usefixtures("samples")
async def test_indexes_are_dropped_on_the_shard(connections):
    await build(connections, INDEXED, ignore)
    await tend(connections, [INDEXED], SwitchPoints(0, 3 * FACES, 200, 100, 0))
    assert await everywhere(connections) == []
    assert await requested(connections) == []


@pytest.mark.usefixtures("samples")
async def test_no_codes_are_kept_in_memory(connections, caplog):
    codes = CodeCache(connections, POINTS)
    with caplog.at_level(logging.INFO):
        assert not await codes.load(INDEXED, FACES)
    assert "no codes are kept in memory" in caplog.text
    assert codes.of(INDEXED, FACES) is None
    assert not codes.outcomes


@pytest.fixture
def worker_servers(citus):
    """The servers of shards by their addresses; all run again when the test is over."""
    of_shards = [citus.worker_server(number) for number in range(1, len(citus.addresses))]
    yield {server.address: server for server in of_shards}
    for server in of_shards:
        server.start_if_ended()


@pytest.mark.timing
async def test_a_server_that_crashes_leaves_an_index_that_is_built_again(connections, database_url, worker_servers):
    await crashes.enrol(database_url)
    await crashes.build_codes(connections)
    here = await place(connections)
    server = worker_servers[f"{here.server.host}:{here.server.port}"]
    async with crashes.building(database_url, connections) as until_building:
        building = asyncio.create_task(build(connections, crashes.INDEXED, ignore))
        await until_building()
        server.kill()
        with pytest.raises(DatabaseUnavailable):
            await building
        with pytest.raises(DatabaseUnavailable):
            await crashes.search(connections)
    server.start()

    assert Kind.GRAPH not in await valid_indexes(connections, crashes.INDEXED)
    assert await crashes.search(connections) is Path.QUANTIZED
    await build(connections, crashes.INDEXED, ignore)
    assert await crashes.search(connections) is Path.GRAPH
