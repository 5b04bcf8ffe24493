"""Connections to PostgreSQL: backends that end under statements, and plans."""

import asyncio
import random
from urllib.parse import urlsplit

import asyncpg
import pytest
from pgvector import HalfVector

from apiserver.access.binding import bound_to
from apiserver.biometrics.model import Scoring
from apiserver.consent import unnamed
from apiserver.database.opening import open_database
from apiserver.database.pool import Database
from apiserver.problems import DatabaseUnavailable
from apiserver.search import statements

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
                    killed += await own.fetchval("SELECT pg_terminate_backend($1::int)", row["pid"])
        finally:
            ended.set()

    own = await asyncpg.connect(database_url)
    async with open_database(database_url, pool_size=4, timeout_seconds=60) as database, asyncio.TaskGroup() as group:
        group.create_task(kill(own))
        for seed in range(6):
            group.create_task(work(database, seed))
    await own.close()
    assert outages


_BESIDE = """
SELECT name FROM generate_series(1, 5000) AS number, format('d%s', number) AS name
WHERE (SELECT satisfies_hash_partition('faces'::regclass, 64, r, name) FROM generate_series(0, 63) AS r
    WHERE satisfies_hash_partition('faces'::regclass, 64, r, 'large'::text)) LIMIT 1
"""
# Their persons are in no order, as those of a directory that grows.
_PERSONS = """
INSERT INTO persons (directory, person) SELECT $1, md5(number::text) FROM generate_series(1, $2) AS number
"""
_FACES = """
INSERT INTO faces (directory, person, model, embedding, crop, box, score, image_sha256)
SELECT $1, md5(number::text), 'm', '[1,0]', '', '{0,0,1,1}', 1, sha256(number::text::bytea)
FROM generate_series(1, $2) AS number
"""


async def test_a_plan_for_any_directory_does_not_scan_the_large_one_beside(database_url: str):
    async with open_database(database_url, pool_size=1, timeout_seconds=30) as database:
        async with database.connection() as connection:
            small = await connection.fetchval(_BESIDE)
            for directory, faces in (("large", 5_000), (small, 1)):
                await connection.execute("INSERT INTO directories (directory) VALUES ($1)", directory)
                await connection.execute(_PERSONS, directory, faces)
                await connection.execute(_FACES, directory, faces)
                if faces > 1:  # the small one is new
                    await connection.execute("ANALYZE faces")
        statement = statements.exact(1, Scoring.MAX, unnamed(consent_required=False))
        with bound_to(small):
            async with database.connection(plans_once=True) as connection:
                prepared = await connection.prepare(statement)
                [(_, _, similarity)] = await prepared.fetch(small, "m", 1, HalfVector([1.0, 0.0]))
                plan = await connection.fetch(f"EXPLAIN EXECUTE {prepared.get_name()}('{small}', 'm', 1, '[1,0]')")
                assert similarity == 1
                assert "$1" in str(plan), "it is for any directory"
                assert "Seq Scan on faces" not in str(plan)
            async with database.connection() as connection:
                assert await connection.fetchval("SHOW plan_cache_mode") == "auto"
                assert await connection.fetchval("SHOW enable_seqscan") == "on"
