"""A large directory on its own shard: how long it takes to get one, and the latency of searches."""

import time
from collections.abc import Sequence
from dataclasses import replace

import asyncpg

from apiserver.access.binding import bound_to
from apiserver.biometrics.model import Tail
from apiserver.biometrics.open_set import thresholds_at
from apiserver.database.opening import open_database
from apiserver.directories.sizes import DirectorySizes
from apiserver.search.effort import Efforts
from apiserver.search.identification import Identification, Search
from apiserver.search.indexes import Indexed, Kind, Progress, build
from bench.citus.databases import connected
from bench.harness.records import Record
from bench.search.cost import FPIR, POINTS, Probes, search_all, synthetic_model
from bench.search.galleries import BUILD_SECONDS, MODEL, GalleryOf, load
from bench.search.people import Population

WAYS = {Kind.CODES: replace(POINTS, graph_candidates=0), Kind.GRAPH: POINTS}

_ISOLATE = "SELECT isolate_tenant_to_new_shard('directories', $1::text, 'CASCADE')"
_ON_ITS_SHARD = """
SELECT count(*) FROM (SELECT DISTINCT directory FROM faces) AS known
WHERE get_shard_id_for_distribution_column('faces', directory)
    = get_shard_id_for_distribution_column('faces', $1::text)
"""


async def measure_isolated(dsn: str, persons: int, population: Population, tail: Tail, probes: int) -> Record:
    """Load a directory, give it its own shard, and search it one face after the other, each way."""
    gallery = GalleryOf("large", persons, 1, seed=persons)
    people, embeddings = gallery.probes(population, probes)
    asked = Probes(people, gallery.nearest(population, embeddings), embeddings)
    indexed = Indexed(gallery.directory, MODEL, embeddings.shape[1])
    async with connected(dsn) as connection:
        faces_a_second = persons / await load([connection], gallery, population)
        isolated = await _timed(connection, _ISOLATE, gallery.directory)
        beside = await connection.fetchval(_ON_ITS_SHARD, gallery.directory) - 1
        await connection.execute("VACUUM (ANALYZE) faces, persons, images")
    search = Search(
        gallery.directory, synthetic_model(indexed.dimension), 5, thresholds_at(tail, FPIR, gallery.faces).match
    )
    ways = {}
    async with open_database(dsn, pool_size=4, timeout_seconds=BUILD_SECONDS) as database:
        with bound_to(gallery.directory):
            size = await DirectorySizes(database).counted(search.directory, search.model.id)
            for kind, points in WAYS.items():
                begun = time.perf_counter()
                await build(database, indexed, _ignore, [kind])
                seconds = time.perf_counter() - begun
                identification = Identification(database, points, Efforts(lowest_recall=0))
                ways[kind] = {"build_seconds": seconds} | await search_all(identification, search, size, asked, 1)
    return {
        "persons": persons,
        "faces_loaded_a_second": faces_a_second,
        "isolate_seconds": isolated,
        "directories_beside": beside,
        "ways": ways,
    }


async def _timed(connection: asyncpg.Connection, statement: str, *parameters: Sequence[object] | str) -> float:
    begun = time.perf_counter()
    await connection.fetchval(statement, *parameters)
    return time.perf_counter() - begun


async def _ignore(_: Progress) -> None:
    pass
