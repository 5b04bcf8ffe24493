"""One PostgreSQL server a process, and a freshly migrated database for every test that asks for one."""

import asyncio
import signal
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import asyncpg
import pytest
from hypothesis import HealthCheck, settings

from faceserver.standalone.postgres import DATABASE
from tests.checkout import ROOT
from tests.citus import COORDINATOR, NEEDED, OF_ONE_SERVER, Citus, citus_servers
from tests.database import PostgresServer, postgres_server

pytest_plugins = ["tests.heif", "tests.skipping"]

# In the background of a shell it is ignored, and the commands that tests interrupt would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples in every run, however long each takes.
settings.register_profile("tests", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")

CLONED = f"TEMPLATE {DATABASE} STRATEGY FILE_COPY"  # half the work of the other one, where nothing is synced

Execute = Callable[[str], object]

ORDER = ("adversity", "acceptance", "contract", "cluster", "integration", "unit")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the checks first and the short tests last; those of a folder, which share a stack, stay together.

    Each process begins with a part of them, in this order after the random one, and whoever is done takes over from the
    end of another's: so one process has most of a folder, and they end at about the same time.
    """

    def place(item: pytest.Item) -> int:
        folder = item.path.relative_to(ROOT / "tests").parts[0]
        return ORDER.index(folder) if folder in ORDER else -1

    items.sort(key=place)
    if COORDINATOR:
        for item in items:
            name = item.nodeid.removeprefix("tests/integration/").removeprefix("apiserver/").partition("[")[0]
            if name in OF_ONE_SERVER:
                item.add_marker(pytest.mark.skip(f"Not on Citus: {OF_ONE_SERVER[name]}."))


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


@pytest.fixture(scope="session")
def execute(postgres: PostgresServer) -> Iterator[Execute]:
    """Runs a statement on the server, over one connection: a new one costs as much as a database."""
    with asyncio.Runner() as runner:
        connection = runner.run(_connected(postgres.get_uri()))
        yield lambda statement: runner.run(connection.execute(statement))
        runner.run(connection.close())


@pytest.fixture(scope="session")
def citus() -> Iterator[Citus]:
    """The servers of Citus."""
    if not COORDINATOR:
        pytest.skip(NEEDED)
    with citus_servers() as servers:
        yield servers


MakeDatabase = Callable[[], AbstractContextManager[str]]


@pytest.fixture(scope="session")
def migrated(request: pytest.FixtureRequest) -> MakeDatabase:
    """Makes migrated databases, on the servers of Citus where there are some."""
    if COORDINATOR:
        citus: Citus = request.getfixturevalue("citus")
        return citus.database
    server, execute = request.getfixturevalue("postgres"), request.getfixturevalue("execute")
    return lambda: _database(server, execute, CLONED)


@pytest.fixture
def database_url(migrated: MakeDatabase) -> Iterator[str]:
    """A migrated database that nobody else uses."""
    with migrated() as url:
        yield url


@pytest.fixture(scope="module")
def shared_database_url(migrated: MakeDatabase) -> Iterator[str]:
    """A migrated database of all tests of a module."""
    with migrated() as url:
        yield url


@pytest.fixture
def other_database_url(migrated: MakeDatabase) -> Iterator[str]:
    """Another migrated database that nobody else uses."""
    with migrated() as url:
        yield url


@pytest.fixture
def empty_database_url(postgres: PostgresServer, execute: Execute) -> Iterator[str]:
    """A database in which nothing was ever made."""
    with _database(postgres, execute, "") as url:
        yield url


@contextmanager
def _database(server: PostgresServer, execute: Execute, options: str) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    execute(f"CREATE DATABASE {name} {options}")
    yield server.get_uri(database=name)
    execute(f"DROP DATABASE {name} WITH (FORCE)")


async def _connected(dsn: str) -> asyncpg.Connection:
    return await asyncpg.connect(dsn)
