"""One PostgreSQL server a process, and a freshly migrated database for every test that asks for one."""

import asyncio
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
import pytest

from faceserver.postgres import DATABASE
from tests.database import PostgresServer, postgres_server

pytest_plugins = ["tests.skipping"]

CLONED = f"TEMPLATE {DATABASE} STRATEGY FILE_COPY"  # half the work of the other one, where nothing is synced


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The server of this run."""
    with postgres_server() as server:
        yield server


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A server that the test may stop."""
    with postgres_server() as server:
        yield server


@pytest.fixture
def database_url(postgres: PostgresServer) -> Iterator[str]:
    """A migrated database that nobody else uses."""
    with _database(postgres, CLONED) as url:
        yield url


@pytest.fixture
def other_database_url(postgres: PostgresServer) -> Iterator[str]:
    """Another migrated database that nobody else uses."""
    with _database(postgres, CLONED) as url:
        yield url


@pytest.fixture
def empty_database_url(postgres: PostgresServer) -> Iterator[str]:
    """A database in which nothing was ever made."""
    with _database(postgres, "") as url:
        yield url


@contextmanager
def _database(server: PostgresServer, options: str) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    _execute(server.get_uri(), f"CREATE DATABASE {name} {options}")
    yield server.get_uri(database=name)
    _execute(server.get_uri(), f"DROP DATABASE {name} WITH (FORCE)")


def _execute(dsn: str, *statements: str) -> None:
    async def execute() -> None:
        connection = await asyncpg.connect(dsn)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(execute())
