"""Databases on the servers of Citus for tests, if FACESERVER_TEST_CITUS is set.

It is the URL of a superuser's database on the coordinator, to which the other servers were added. A distributed
database is copied by copying it on each server; this works because the metadata of Citus contain no database names.
"""

import asyncio
import hashlib
import inspect
import os
import random
import signal
import subprocess
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import psutil  # type: ignore[import-untyped]

import db.citus
import db.distribute
import db.distribution
import db.row_security
import db.whole_faces
from db.distribute import distribute, set_settings
from db.migrate import MIGRATIONS, migrate
from tests.ports import free_port
from tests.waiting import PATIENCE_SECONDS

COORDINATOR = os.environ.get("FACESERVER_TEST_CITUS", "")  # noqa: TID251 - no setting of ours
NEEDED = "needs FACESERVER_TEST_CITUS, the URL of a coordinator of Citus"
SHARDS = 4

OF_ONE_SERVER = {
    "directories/test_sizes.py::test_the_count_reads_an_index_only": "reads the plan of a shard",
    "encryption/test_killed_jobs.py::test_encryption_that_is_killed_goes_on": (
        "its trigger waits on a shard for a lock of the coordinator"
    ),
    "encryption/test_killed_jobs.py::test_a_rotation_that_is_killed_goes_on_and_keeps_the_old_key_until_then": (
        "its trigger waits on a shard for a lock of the coordinator"
    ),
    "people/test_unlike.py::test_a_page_begins_at_its_key": "reads a plan without parameters, which Citus lacks",
    "audit/test_rights.py::test_the_keys_of_a_directory_end_with_it_although_bound_connections_cannot_delete_them": (
        "expects a trigger on directories"
    ),
    "database/test_connections.py::test_a_plan_for_any_directory_does_not_scan_the_large_one_beside": (
        "a shard gets the directory's name in place of a parameter, so that no plan is for any directory"
    ),
    "api/test_directories.py::test_what_takes_long_to_count_makes_pages_shorter": "replaces a table by a view",
    "db/test_migrate.py::test_schema_file_equals_the_migrations_and_the_queue_the_librarys": "compares with one server",
    "db/test_migrate.py::test_faces_have_partitions_that_are_vacuumed_early": "expects partitions",
    "db/test_migrate.py::test_a_restored_dump_has_the_same_persons": "restores into a server without Citus",
    "db/test_migrate.py::test_what_prevents_the_protection_is_said_in_one_sentence": "changes roles of all servers",
    "db/test_server.py::test_a_migrated_database_is_usable": "makes an extension, which Citus takes to all servers",
    "db/test_server.py::test_a_role_without_rights": "is about the embedded server",
}
"""Tests below tests/integration or its folder apiserver that are skipped on Citus, with the reasons."""

_NODES = "SELECT nodename, nodeport FROM pg_dist_node WHERE noderole = 'primary' ORDER BY nodeid"
_ATTEMPTS = 20
_MAX_OPERATION = 2**31
_COUNT_OPERATIONS_FROM = "SELECT setval('pg_catalog.pg_dist_operationid_seq', $1)"
# So that what is sent to all servers without need fails.
_ADD_SERVER_THAT_IS_DOWN = """
INSERT INTO pg_dist_node (nodename, nodeport, groupid, noderole, hasmetadata, isactive, shouldhaveshards)
SELECT '127.0.0.1', $1, max(groupid) + 1, 'primary', false, true, false FROM pg_dist_node
"""
_FORGET_SERVER_THAT_IS_DOWN = "DELETE FROM pg_dist_node WHERE NOT hasmetadata"
_END_SESSIONS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1"


class WorkerServer:
    """A server of shards on this machine, which a test may end and start again."""

    def __init__(self, host: str, port: int, data: Path) -> None:
        self.address = f"{host}:{port}"
        self._data = data
        process = self._process()
        self._programs = Path(process.exe()).parent
        self._environment = process.environ()
        self._account = process.uids().real, process.gids().real

    def kill(self) -> None:
        """End all processes of the server at once."""
        process = self._process()
        process.send_signal(signal.SIGQUIT)
        process.wait(PATIENCE_SECONDS)

    def start(self) -> None:
        """Start the server, and return as soon as it accepts connections."""
        uid, gid = self._account
        log = self._data.with_suffix(".log")
        subprocess.run(
            [self._programs / "pg_ctl", "start", "-w", "-s", "-D", self._data, "-l", log],
            check=True,
            env=self._environment,
            user=uid,
            group=gid,
            extra_groups=[],
        )

    def start_if_ended(self) -> None:
        """Start the server unless it runs."""
        if not (self._data / "postmaster.pid").exists() or not self._process().is_running():
            self.start()

    def _process(self) -> Any:
        return psutil.Process(int((self._data / "postmaster.pid").read_text().split()[0]))


class Citus:
    """The servers, the coordinator first, and a connection to each."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self._run = runner.run
        self.addresses: list[tuple[str, int]] = self._run(_addresses())
        self._connections = [self._run(asyncpg.connect(url_of(COORDINATOR, *at))) for at in self.addresses]
        self._template = f"faceserver_{_fingerprint()}"
        self._run(self._make_template())

    def close(self) -> None:
        """Close the connections."""
        for connection in self._connections:
            self._run(connection.close())

    @contextmanager
    def database(self) -> Iterator[str]:
        """Yield the URL of a new distributed database."""
        name = f"test_{uuid.uuid4().hex}"
        self._run(self._everywhere(f"CREATE DATABASE {name} TEMPLATE {self._template} STRATEGY FILE_COPY"))
        url = url_of(COORDINATOR, *self.addresses[0], name)
        self._run(_set_settings(url))
        yield url
        self._run(self._drop(name))

    @contextmanager
    def undistributed(self, *, extension: bool = True) -> Iterator[str]:
        """Yield the URL of a new empty database on all servers, without distributed tables."""
        name = f"test_{uuid.uuid4().hex}"
        url = url_of(COORDINATOR, *self.addresses[0], name)
        self._run(self._make(name, extension=extension))
        yield url
        self._run(self._drop(name))

    async def _everywhere(self, statement: str) -> None:
        await self._reconnect()
        for connection in self._connections:
            await connection.execute(statement)

    def worker_server(self, number: int) -> WorkerServer:
        """Return one of the servers of shards, counted from 1."""
        folder = self._run(self._connections[number].fetchval("SHOW data_directory"))
        return WorkerServer(*self.addresses[number], Path(folder))

    async def _reconnect(self) -> None:
        for number, connection in enumerate(self._connections):
            try:
                await connection.fetchval("SELECT 1")
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):  # a test ended its server
                self._connections[number] = await asyncpg.connect(url_of(COORDINATOR, *self.addresses[number]))

    async def _drop(self, name: str) -> None:
        await self._reconnect()
        for connection in self._connections:
            for _ in range(_ATTEMPTS):  # a process of Citus may start while others are ended
                with suppress(asyncpg.ObjectInUseError):
                    await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
                    break
                await asyncio.sleep(0.2)

    async def _make(self, name: str, *, extension: bool = True) -> None:
        await self._everywhere(f"CREATE DATABASE {name}")
        if not extension:
            return
        for at in self.addresses:
            async with connected(url_of(COORDINATOR, *at, name)) as connection:
                await connection.execute("CREATE EXTENSION citus; CREATE EXTENSION vector")
        async with connected(url_of(COORDINATOR, *self.addresses[0], name)) as connection:
            await connection.fetchval("SELECT citus_set_coordinator_host($1, $2)", *self.addresses[0])
            for at in self.addresses[1:]:
                await connection.fetchval("SELECT citus_add_node($1, $2)", *at)

    async def _make_template(self) -> None:
        """Make the distributed database that the others are copied from, unless it exists; one process makes it."""
        coordinator = self._connections[0]
        await coordinator.execute("SELECT pg_advisory_lock(hashtext('faceserver_template'))")
        if not await coordinator.fetchval("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", self._template):
            unfinished = f"{self._template}_new"
            await self._everywhere(f"DROP DATABASE IF EXISTS {unfinished} WITH (FORCE)")
            await self._make(unfinished)
            url = url_of(COORDINATOR, *self.addresses[0], unfinished)
            await migrate(url, create=False)
            await distribute(url, SHARDS)
            # A database with sessions cannot be copied, and Citus keeps a process in each database.
            await self._everywhere(f"ALTER DATABASE {unfinished} WITH ALLOW_CONNECTIONS false")
            for connection in self._connections:
                await connection.fetch(_END_SESSIONS, unfinished)
            await asyncio.sleep(0.2)
            for connection in reversed(self._connections):
                await connection.execute(f"ALTER DATABASE {unfinished} RENAME TO {self._template}")
        await coordinator.execute("SELECT pg_advisory_unlock(hashtext('faceserver_template'))")


@contextmanager
def citus_servers() -> Iterator[Citus]:
    """Yield the servers of the environment."""
    with asyncio.Runner() as runner:
        servers = Citus(runner)
        yield servers
        servers.close()


async def allow_triggers(connection: asyncpg.Connection) -> None:
    """Let a session add triggers, which do not name other tables, to distributed tables; others need no permission."""
    await connection.execute("SET citus.enable_unsafe_triggers = on")
    await allow_changes_everywhere(connection)


async def allow_changes_everywhere(connection: asyncpg.Connection) -> None:
    """Let the rest of a test change roles and tables, which is refused while a server does not answer."""
    if COORDINATOR:
        await connection.execute(_FORGET_SERVER_THAT_IS_DOWN)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    """Yield a connection, which is closed at the end."""
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


def url_of(like: str, host: str, port: int, database: str | None = None) -> str:
    """Return the URL `like` with another server or database."""
    parts = urlsplit(like)
    login = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    path = parts.path if database is None else f"/{database}"
    return parts._replace(netloc=f"{login}{host}:{port}", path=path).geturl()


async def _addresses() -> list[tuple[str, int]]:
    async with connected(COORDINATOR) as connection:
        return [(row["nodename"], row["nodeport"]) for row in await connection.fetch(_NODES)]


async def _set_settings(url: str) -> None:
    async with connected(url) as connection:
        await set_settings(connection)
        # The slots and roles by which shards are moved have this number in their names and are shared by databases.
        await connection.execute(_COUNT_OPERATIONS_FROM, random.randrange(1, _MAX_OPERATION))
        await connection.execute(_ADD_SERVER_THAT_IS_DOWN, free_port())


def _fingerprint() -> str:
    modules = (db.citus, db.distribute, db.distribution, db.row_security, db.whole_faces)
    made_by = [inspect.getsource(module) for module in modules]
    migrations = [f"{path.name}\n{path.read_text()}" for path in sorted(MIGRATIONS.glob("*.sql"))]
    return hashlib.sha256("\n".join(made_by + migrations).encode()).hexdigest()[:16]
