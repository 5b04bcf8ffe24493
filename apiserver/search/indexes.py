"""The indexes of a large directory: a covering index of its codes, and a graph (HNSW) of its embeddings.

Both are partial indexes on one partition of `faces`, which PostgreSQL updates with every change. They are built
concurrently, without blocking writes; an index left incomplete by a crash is dropped and built again.
"""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import NamedTuple

from apiserver.background import background
from apiserver.database import Connection, Database, Share
from apiserver.jobs.records import enqueue
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

_PARTITION = "SELECT tableoid::regclass::text FROM faces WHERE directory = $1 LIMIT 1"
_STATE = """
SELECT relname, indisvalid FROM pg_class JOIN pg_index ON indexrelid = oid
WHERE relname = ANY ($1::text[]) AND relnamespace = 'public'::regnamespace
"""
_PROGRESS = """
SELECT phase, coalesce(nullif(blocks_done, 0)::float8 / nullif(blocks_total, 0), 0) AS done
FROM pg_stat_progress_create_index JOIN pg_class ON oid = index_relid WHERE relname = $1
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


def literal(text: str) -> str:
    """Return any text as an SQL literal. Names contain no control characters, so there is no zero byte to escape.

    With a backslash in it, the literal does not depend on standard_conforming_strings.
    """
    quoted = "'" + text.replace("'", "''") + "'"
    return "E" + quoted.replace("\\", "\\\\") if "\\" in text else quoted


def condition(directory: str, model: str) -> str:
    """Return the condition of the partial indexes; a statement must repeat it literally to use them."""
    return f"directory = {literal(directory)} AND model = {literal(model)}"


async def valid_indexes(connection: Connection, indexed: Indexed) -> frozenset[Kind]:
    """Return the kinds of the complete indexes."""
    kinds = {indexed.name(kind): kind for kind in Kind}
    rows = await connection.fetch(_STATE, list(kinds))
    return frozenset(kinds[row["relname"]] for row in rows if row["indisvalid"])


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
        partition = await connection.fetchval(_PARTITION, indexed.directory)
        if partition is None:
            return False
        for kind in Kind:
            if kind not in kinds or kind in await valid_indexes(connection, indexed):
                continue
            if kind is Kind.CODES or indexed.dimension <= _MAX_INDEXED_DIMENSIONS:
                async with background(_watch(database, indexed.name(kind), kind, report)):
                    await _build_index(connection, partition, indexed, kind)
    return True


async def drop(database: Database, indexed: Indexed) -> None:
    """Drop a directory's indexes, complete or not, and their request. Raises DatabaseUnavailable."""
    async with _builder(database, indexed) as connection:
        for kind in Kind:
            await _drop_index(connection, indexed, kind)
        await connection.execute(_WITHDRAW, indexed.directory, indexed.model)


async def drop_graph(database: Database, indexed: Indexed) -> None:
    """Drop a directory's graph, if it has one. Raises DatabaseUnavailable."""
    async with database.unbound() as connection:
        has_one = Kind.GRAPH in await valid_indexes(connection, indexed)
    if has_one:
        async with _builder(database, indexed) as connection:
            await _drop_index(connection, indexed, Kind.GRAPH)


async def _drop_index(connection: Connection, indexed: Indexed, kind: Kind) -> None:
    await _execute(connection, f"DROP INDEX CONCURRENTLY IF EXISTS {indexed.name(kind)}")


async def _build_index(connection: Connection, partition: str, indexed: Indexed, kind: Kind) -> None:
    name = indexed.name(kind)
    await _drop_index(connection, indexed, kind)  # left incomplete by a crash
    columns = {
        # Within a bucket, the order is that of the table, so a page of the visibility map is read once, not per row.
        Kind.CODES: f"btree ({BUCKET}, created_at) INCLUDE (face, code)",
        Kind.GRAPH: f"hnsw ((embedding::halfvec({indexed.dimension:d})) halfvec_ip_ops) WITH ({_GRAPH_OPTIONS})",
    }[kind]
    _logger.info("Building the index %s of directory %r", kind, indexed.directory)
    where = condition(indexed.directory, indexed.model)
    await _execute(connection, f"CREATE INDEX CONCURRENTLY {name} ON {partition} USING {columns} WHERE {where}")


async def _watch(database: Database, name: str, kind: Kind, report: Report) -> None:
    while True:
        await asyncio.sleep(_POLL_SECONDS)
        async with database.unbound() as connection:
            row = await connection.fetchrow(_PROGRESS, name)
        if row:
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


async def _execute(connection: Connection, statement: str) -> None:
    await connection.execute(statement, timeout=_MAX_BUILD_SECONDS)
