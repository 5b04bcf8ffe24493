"""Distributed databases of a benchmark, and directories that are as many on each of their shards."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import asyncpg

from bench.citus.servers import Server
from bench.search.galleries import GalleryOf, connect, load
from bench.search.people import Population
from db.distribute import distribute
from db.migrate import migrate
from db.row_security import ROLE

SEED = 10**6

# The role is one for all databases of a server, but a database of Citus takes only what it made itself to its servers.
_CREATE_ROLE = f"SET citus.enable_create_role_propagation = off; CREATE ROLE {ROLE} LOGIN"

# The names of shards end in a number.
_OF_SHARDS = r"""
SELECT count(*) FILTER (WHERE relname ~ '^directories_\d+$') AS shards, count(*) AS relations,
    sum(pg_table_size(oid))::float8 / 1048576 AS megabytes
FROM pg_class WHERE relkind IN ('r', 'i') AND relname ~ '_\d{6,}$'
"""
_SHARD = "SELECT name, get_shard_id_for_distribution_column('directories', name) FROM unnest($1::text[]) AS name"


@dataclass(frozen=True)
class Empty:
    """What a shard of all tables is on its server before it has rows: tables, indexes and megabytes."""

    relations: float
    megabytes: float


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """Yield a connection that knows halfvec and waits for long statements."""
    connection = await connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


async def make(servers: Sequence[Server], name: str, shards: int) -> str:
    """Make a distributed database on servers, the coordinator first, and return its DSN.

    A database of this name is replaced.
    """
    await remove(servers, name)
    for server in servers:
        await _execute(server.dsn, f"CREATE DATABASE {name}")
        await _execute(server.database(name), "CREATE EXTENSION citus; CREATE EXTENSION vector")
        with suppress(asyncpg.DuplicateObjectError):
            await _execute(server.database(name), _CREATE_ROLE)
    coordinator, *workers = servers
    dsn = coordinator.database(name)
    async with _plainly_connected(dsn) as connection:
        await connection.fetchval("SELECT citus_set_coordinator_host($1, $2)", *coordinator.address)
        for worker in workers:
            await connection.fetchval("SELECT citus_add_node($1, $2)", *worker.address)
    await migrate(dsn, create=False)
    await distribute(dsn, shards)
    return dsn


async def remove(servers: Sequence[Server], name: str) -> None:
    """Remove a database from the servers."""
    for server in servers:
        await _execute(server.dsn, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


async def empty_shard(dsn: str) -> Empty:
    """Return what one of the shards is in a database of a server that has some."""
    async with _plainly_connected(dsn) as connection:
        shards, relations, megabytes = await connection.fetchrow(_OF_SHARDS)
    return Empty(relations / shards, megabytes / shards)


async def galleries(dsn: str, shards: int, each: int, persons: int) -> list[GalleryOf]:
    """Return directories of this number of persons, `each` of them on every shard."""
    names = [f"directory {number}" for number in range(20 * shards * each)]
    async with _plainly_connected(dsn) as connection:
        shard_of = dict(await connection.fetch(_SHARD, names))
    chosen = evenly(names, shard_of, each)
    if len(chosen) < shards * each:
        raise RuntimeError("Too few of the names belong to one of the shards.")
    return [GalleryOf(name, persons, 1, SEED + number) for number, name in enumerate(chosen)]


def evenly(names: Iterable[str], shard_of: dict[str, int], each: int) -> list[str]:
    """Return the first `each` names of every shard."""
    counts: dict[int, int] = {}
    chosen = []
    for name in names:
        shard = shard_of[name]
        if counts.setdefault(shard, 0) < each:
            counts[shard] += 1
            chosen.append(name)
    return chosen


async def fill(dsn: str, directories: Sequence[GalleryOf], population: Population) -> float:
    """Write the directories, and return the seconds that the database took for their faces."""
    async with connected(dsn) as connection:
        seconds = [await load([connection], directory, population) for directory in directories]
        await connection.execute("VACUUM (ANALYZE) faces, persons, images")
    return sum(seconds)


@asynccontextmanager
async def _plainly_connected(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


async def _execute(dsn: str, statement: str) -> None:
    async with _plainly_connected(dsn) as connection:
        await connection.execute(statement)
