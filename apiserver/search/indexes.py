"""The indexes of a large directory: a covering index of its codes, and a graph (HNSW) of its embeddings.

Both are partial indexes on the table that the directory's faces are in (see `placement`), which PostgreSQL updates with
every change. They are built concurrently, without blocking writes. An index left incomplete by a crash is dropped and
built again; so is one that a move of the faces to another table has left behind.
"""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import NamedTuple

from apiserver.background import background
from apiserver.database.pool import Database, Share
from apiserver.database.quoting import literal
from apiserver.database.session import Connection
from apiserver.jobs.records import enqueue
from apiserver.search.placement import Placement, placement_of
from apiserver.search.statements import BUCKET

BUILD = "search-index"
"""Kind of the jobs that build indexes."""

_GRAPH_OPTIONS = "m = 16, ef_construction = 64"
_MAX_INDEXED_DIMENSIONS = 4000
"""Limit of pgvector's HNSW index for half precision."""
_MEMORY = "2GB"
"""A graph that exceeds this memory is completed on disk, several times slower; a million faces need 1.4 GB."""
_MAX_BUILD_SECONDS = 24 * 3600
_POLL_SECONDS = 1.0

# Without parameters, since a server behind the coordinator takes none.
_VALID = """
SELECT relname FROM pg_class JOIN pg_index ON indexrelid = oid
WHERE relname IN ({names}) AND indrelid = to_regclass('{table}') AND indisvalid
"""
_PROGRESS = """
SELECT phase, coalesce(nullif(blocks_done, 0)::float8 / nullif(blocks_total, 0), 0) AS done
FROM pg_stat_progress_create_index JOIN pg_class ON oid = index_relid WHERE relname = '{name}'
"""
_REQUEST = "INSERT INTO search_indexes (directory, model, dimension) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
_REQUESTED = "SELECT directory, model, dimension FROM search_indexes ORDER BY requested_at"
_REQUESTED_IN = "SELECT directory, model, dimension FROM search_indexes WHERE directory = $1 ORDER BY requested_at"
_WITHDRAW = "DELETE FROM search_indexes WHERE directory = $1 AND model = $2"

_logger = logging.getLogger(__name__)


class Kind(StrEnum):
    """Kind of an index."""

    CODES = "codes"
    GRAPH = "graph"


class Indexed(NamedTuple):
    """The faces that two indexes cover: those of one directory and one model, with the dimension of its embeddings."""

    directory: str
    model: str
    dimension: int

    def name(self, kind: Kind) -> str:
        """Return the index's name, which is the same in every process."""
        digest = hashlib.sha256(f"{self.directory}\0{self.model}".encode()).hexdigest()
        return f"faces_{kind}_{digest[:24]}"


class Progress(NamedTuple):
    """Progress of a build; `done` is the share of the blocks read, 0 to 1."""

    kind: Kind
    phase: str
    done: float


Report = Callable[[Progress], Awaitable[None]]


def condition(directory: str, model: str) -> str:
    """Return the condition of the partial indexes; a statement must repeat it literally to use them."""
    return f"directory = {literal(directory)} AND model = {literal(model)}"


async def valid_indexes(database: Database, indexed: Indexed) -> frozenset[Kind]:
    """Return the kinds of the complete indexes. Raises DatabaseUnavailable."""
    async with database.unbound() as connection:
        return await valid_indexes_at(connection, await placement_of(connection, indexed.directory), indexed)


async def valid_indexes_at(connection: Connection, placement: Placement, indexed: Indexed) -> frozenset[Kind]:
    """Return the kinds of the complete indexes on one table. Raises DatabaseUnavailable."""
    if placement.table is None:
        return frozenset()
    kinds = {indexed.name(kind): kind for kind in Kind}
    query = _VALID.format(names=", ".join(map(literal, kinds)), table=placement.table)
    return frozenset(kinds[row["relname"]] for row in await placement.fetch(connection, query))


async def enqueue_build(connection: Connection, indexed: Indexed, *, graph: bool = True) -> None:
    """Enqueue a build of the indexes, unless one is already waiting."""
    arguments = {"model": indexed.model, "dimension": indexed.dimension, "graph": graph}
    await enqueue(
        connection,
        BUILD,
        directory=indexed.directory,
        arguments=arguments,
        deduplication_key=indexed.name(Kind.GRAPH),
    )


async def requested(database: Database, directory: str | None = None) -> list[Indexed]:
    """Return everything that has or should have indexes, or what of one directory has, the oldest request first."""
    async with database.unbound() as connection:
        if directory is None:
            return [Indexed(*row) for row in await connection.fetch(_REQUESTED)]
        return [Indexed(*row) for row in await connection.fetch(_REQUESTED_IN, directory)]


async def build(
    database: Database, indexed: Indexed, report: Report, kinds: Collection[Kind] = frozenset(Kind)
) -> bool:
    """Build the missing indexes of a directory; return False if it has no faces.

    Safe to call again after an interruption, and concurrently: one caller builds, the others wait. Searches and
    enrolments continue during the build. Raises DatabaseUnavailable.
    """
    async with _builder(database, indexed) as connection:
        await connection.execute(_REQUEST, *indexed)  # first, so that indexes left by a crash can be found
        for kind in Kind:
            if kind in kinds and (kind is Kind.CODES or indexed.dimension <= _MAX_INDEXED_DIMENSIONS):
                await _complete(database, connection, indexed, kind, report)
        return (await placement_of(connection, indexed.directory)).table is not None


async def drop(database: Database, indexed: Indexed) -> None:
    """Drop a directory's indexes, complete or not, and their request. Raises DatabaseUnavailable."""
    async with _builder(database, indexed) as connection:
        placement = await placement_of(connection, indexed.directory)
        for kind in Kind:
            await _drop_index(connection, placement, indexed, kind)
        await connection.execute(_WITHDRAW, indexed.directory, indexed.model)


async def drop_graph(database: Database, indexed: Indexed) -> None:
    """Drop a directory's graph, if it has one. Raises DatabaseUnavailable."""
    if Kind.GRAPH in await valid_indexes(database, indexed):
        async with _builder(database, indexed) as connection:
            await _drop_index(connection, await placement_of(connection, indexed.directory), indexed, Kind.GRAPH)


async def _complete(database: Database, connection: Connection, indexed: Indexed, kind: Kind, report: Report) -> None:
    """Build an index until the table has it that the faces are in then: they may move in the meantime."""
    while True:
        placement = await placement_of(connection, indexed.directory)
        if placement.table is None or kind in await valid_indexes_at(connection, placement, indexed):
            return
        async with background(_watch(database, placement, indexed.name(kind), kind, report)):
            await _build_index(connection, placement, indexed, kind)


async def _drop_index(connection: Connection, placement: Placement, indexed: Indexed, kind: Kind) -> None:
    statement = f"DROP INDEX CONCURRENTLY IF EXISTS {indexed.name(kind)}"
    await placement.execute(connection, statement, _MAX_BUILD_SECONDS)


async def _build_index(connection: Connection, placement: Placement, indexed: Indexed, kind: Kind) -> None:
    name = indexed.name(kind)
    await _drop_index(connection, placement, indexed, kind)  # left incomplete by a crash
    columns = {
        # Within a bucket, the order is that of the table, so a page of the visibility map is read once, not per row.
        Kind.CODES: f"btree ({BUCKET}, created_at) INCLUDE (face, code)",
        Kind.GRAPH: f"hnsw ((embedding::halfvec({indexed.dimension:d})) halfvec_ip_ops) WITH ({_GRAPH_OPTIONS})",
    }[kind]
    _logger.info("Building the index %s of directory %r", kind, indexed.directory)
    where = condition(indexed.directory, indexed.model)
    statement = f"CREATE INDEX CONCURRENTLY {name} ON {placement.table} USING {columns} WHERE {where}"
    await placement.execute(connection, statement, _MAX_BUILD_SECONDS)


async def _watch(database: Database, placement: Placement, name: str, kind: Kind, report: Report) -> None:
    while True:
        await asyncio.sleep(_POLL_SECONDS)
        async with database.unbound() as connection:
            rows = await placement.fetch(connection, _PROGRESS.format(name=name))
        for row in rows:
            await report(Progress(kind, row["phase"], row["done"]))


@asynccontextmanager
async def _builder(database: Database, indexed: Indexed) -> AsyncIterator[Connection]:
    """Yield a connection that holds the exclusive lock on changes of these indexes.

    It is a session lock of PostgreSQL: if a client dies while its build continues, the next client waits for the end
    of the build. The lock is polled, since CREATE INDEX CONCURRENTLY would wait for a statement that waits for it.
    """
    key = int.from_bytes(hashlib.sha256(indexed.name(Kind.GRAPH).encode()).digest()[:8], signed=True)
    async with database.unbound(Share.LONG) as connection:
        try:
            while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", key):  # noqa: ASYNC110 - a statement
                await asyncio.sleep(_POLL_SECONDS)
            await connection.execute(f"SET maintenance_work_mem = '{_MEMORY}'")
            yield connection
        finally:
            if not connection.is_closed():
                await connection.reset()
