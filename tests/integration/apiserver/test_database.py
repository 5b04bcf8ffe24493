"""Backends of PostgreSQL that end under statements."""

import asyncio
import random
from urllib.parse import urlsplit

import asyncpg
import pytest

from apiserver.database import Database, open_database
from apiserver.problems import DatabaseUnavailable

pytestmark = pytest.mark.timing

_KILLS = 150
_BACKENDS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'apiserver' AND datname = $1"


async def rows(database: Database) -> None:
    async with database.connection() as connection:
        await connection.fetch("SELECT generate_series(1, 5000)")


async def transaction(database: Database) -> None:
    async with database.connection() as connection, connection.transaction():
        await connection.execute("SELECT pg_sleep(0.002)")
        await connection.fetch("SELECT $1::text", "a" * 1_000_000)


async def many(database: Database) -> None:
    async with database.connection() as connection:
        await connection.executemany("SELECT $1::int", [(number,) for number in range(200)])


async def test_a_backend_that_ends_under_any_statement_is_an_outage(database_url: str):
    outages: list[DatabaseUnavailable] = []
    ended = asyncio.Event()

    async def work(database: Database, seed: int) -> None:
        chance = random.Random(seed)
        while not ended.is_set():
            try:
                await chance.choice([rows, transaction, many])(database)
            except DatabaseUnavailable as outage:
                outages.append(outage)

    async def kill(own: asyncpg.Connection) -> None:
        name, chance, killed = urlsplit(database_url).path[1:], random.Random(0), 0
        try:
            while killed < _KILLS:
                for row in await own.fetch(_BACKENDS, name):
                    await asyncio.sleep(0.003 * chance.random())
                    killed += await own.fetchval("SELECT pg_terminate_backend($1)", row["pid"])
        finally:
            ended.set()

    own = await asyncpg.connect(database_url)
    async with open_database(database_url, pool_size=4, timeout_seconds=60) as database, asyncio.TaskGroup() as group:
        group.create_task(kill(own))
        for seed in range(6):
            group.create_task(work(database, seed))
    await own.close()
    assert outages
