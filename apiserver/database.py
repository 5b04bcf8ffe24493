"""The connection pool to PostgreSQL; the only module that translates asyncpg's errors into problems."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Any, NamedTuple

import asyncpg
from pgvector import HalfVector

from apiserver.problems import DatabaseBusy, DatabaseUnavailable, ExternalIdTaken, InternalError, PersonExists, Problem

REQUIRED_SCHEMA = "20261129001900"
"""The newest migration that this code requires."""

MIN_PGVECTOR = (0, 8, 4)
"""Older versions can corrupt an HNSW index when rows are deleted."""

_CLOSE_TIMEOUT_SECONDS = 5
_PGVECTOR = "SELECT default_version FROM pg_available_extensions WHERE name = 'vector'"

# Keys are SQLSTATEs or their two-character classes. All others are defects of this service.
PROBLEM_OF_SQLSTATE: dict[str, type[Problem]] = {
    "08": DatabaseUnavailable,  # connection exception
    "23503": DatabaseBusy,  # foreign key: the referenced row was deleted concurrently
    "25": DatabaseUnavailable,  # invalid transaction state: a read-only standby
    "28": DatabaseUnavailable,  # invalid authorization
    "3D": DatabaseUnavailable,  # no such database
    "40": DatabaseBusy,  # deadlock or serialization failure
    "42P01": DatabaseUnavailable,  # undefined table: the schema is not migrated yet
    "53": DatabaseUnavailable,  # out of disk, memory or connections
    "55": DatabaseBusy,  # lock not available
    "57": DatabaseUnavailable,  # shutting down, starting up, or an operator cancelled
    "58": DatabaseUnavailable,  # the server's operating system failed
    "XX": DatabaseUnavailable,  # the server's internal error
}
# Unique constraints that a client's request can violate. All others are defects of this service.
PROBLEM_OF_CONSTRAINT: dict[str, type[Problem]] = {
    "persons_pkey": PersonExists,
    "persons_by_external_id": ExternalIdTaken,
}
PROBLEM_OF_ERROR: dict[type[BaseException], type[Problem]] = {
    asyncpg.DataError: InternalError,
    # What asyncpg raises if the server ends the connection between two messages of a statement.
    asyncpg.InternalClientError: DatabaseUnavailable,
    asyncpg.InterfaceError: DatabaseUnavailable,  # usually: the server closed the connection
    OSError: DatabaseUnavailable,  # includes TimeoutError
}


Connection = asyncpg.Connection


class Share(StrEnum):
    """The purposes for which the connections are shared out, so that none of them takes all.

    recognition: recognition, enrolment, and whatever has no other share. reads: lists and other answers that only show
    rows. long: work that may hold a connection for minutes, such as deletions, merges, snapshots, and index builds.
    """

    RECOGNITION = "recognition"
    READS = "reads"
    LONG = "long"


def share_limits(pool_size: int) -> dict[Share, int]:
    """Return the maximum number of connections of each share; recognition leaves one more than those of the reads."""
    reads = max(1, pool_size // 4)
    return {
        Share.RECOGNITION: max(1, pool_size - reads - 1),
        Share.READS: reads,
        Share.LONG: max(1, pool_size // 3),
    }


Waited = Callable[[Share, float], object]
"""Called with the share and the seconds that a caller waited for a connection."""

StatementEnded = Callable[[Any], None]
"""An asyncpg query logger, called after each statement."""


class PoolUse(NamedTuple):
    """Number of open connections, of idle ones among them, and the maximum."""

    open: int
    idle: int
    limit: int


class Database:
    """Connections to one database, opened on demand; the database need not be reachable at the start."""

    def __init__(self, pool: asyncpg.Pool, timeout_seconds: float, waited: Waited) -> None:
        self._pool = pool
        self.timeout_seconds = timeout_seconds
        self._waited = waited
        self._slots = {share: asyncio.Semaphore(limit) for share, limit in share_limits(pool.get_max_size()).items()}

    @asynccontextmanager
    async def connection(self, share: Share = Share.RECOGNITION) -> AsyncIterator[asyncpg.Connection]:
        """Yield a connection of a share. Translates errors of asyncpg raised in the block into problems.

        A caller that holds a connection must not wait for a second one of the same share. Raises DatabaseBusy if all
        connections of the share stay in use.
        """
        begun = time.perf_counter()
        try:
            async with self._slot(share), self._pool.acquire(timeout=self.timeout_seconds) as connection:
                self._waited(share, time.perf_counter() - begun)
                yield connection
        except (asyncpg.PostgresError, *PROBLEM_OF_ERROR) as error:
            raise problem_of(error) from error

    @asynccontextmanager
    async def _slot(self, share: Share) -> AsyncIterator[None]:
        slots = self._slots[share]
        if slots.locked():
            try:
                async with asyncio.timeout(self.timeout_seconds):
                    await slots.acquire()
            except TimeoutError as error:
                raise DatabaseBusy("Too many requests of this kind use the database; retry later.") from error
        else:  # a timer would cost more than what it guards
            await slots.acquire()
        try:
            yield
        finally:
            slots.release()

    @property
    def hold_seconds(self) -> float:
        """Maximum time to hold row locks that others wait for: half of the statement timeout."""
        return self.timeout_seconds / 2

    def use(self) -> PoolUse:
        """Return the state of the connection pool."""
        return PoolUse(self._pool.get_size(), self._pool.get_idle_size(), self._pool.get_max_size())

    async def check_schema(self) -> None:
        """Raise DatabaseUnavailable unless pgvector and the schema are recent enough."""
        async with self.connection() as connection:
            version = await connection.fetchval("SELECT max(version) FROM schema_migrations")
            require_pgvector(await connection.fetchval(_PGVECTOR) or "0")
        if version is None or version < REQUIRED_SCHEMA:
            raise DatabaseUnavailable(
                "The database schema is older than this service; python -m db migrate upgrades it or says why not."
            )


def require_pgvector(version: str) -> None:
    """Raise DatabaseUnavailable if the server's pgvector is too old."""
    if tuple(int(number) for number in version.split(".") if number.isdigit()) < MIN_PGVECTOR:
        needed = ".".join(map(str, MIN_PGVECTOR))
        raise DatabaseUnavailable(
            f"The database has pgvector {version}, which can corrupt indexes; install version {needed} or newer."
        )


def problem_of(error: BaseException) -> Problem:
    """Return the problem for an error of asyncpg or of its socket."""
    if isinstance(error, asyncpg.UniqueViolationError):
        return PROBLEM_OF_CONSTRAINT.get(error.constraint_name or "", InternalError)()
    if isinstance(error, asyncpg.PostgresError) and error.sqlstate:
        by_class = PROBLEM_OF_SQLSTATE.get(error.sqlstate[:2], InternalError)
        return PROBLEM_OF_SQLSTATE.get(error.sqlstate, by_class)()
    return next((problem for kind, problem in PROBLEM_OF_ERROR.items() if isinstance(error, kind)), InternalError)()


@asynccontextmanager
async def open_database(
    dsn: str,
    *,
    pool_size: int,
    timeout_seconds: float,
    name: str = "apiserver",
    waited: Waited = lambda *_: None,
    statement_ended: StatementEnded | None = None,
) -> AsyncIterator[Database]:
    """Yield the database at `dsn`. `name` becomes the connections' application_name.

    The first connection is opened on first use, so the process can start during an outage.
    """

    async def prepare(connection: asyncpg.Connection) -> None:
        await _register_types(connection)
        if statement_ended:
            connection.add_query_logger(statement_ended)

    pool = asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=pool_size,
        timeout=timeout_seconds,
        command_timeout=timeout_seconds,
        server_settings={"application_name": name, "jit": "off"},  # JIT compilation takes longer than a search
        init=prepare,
        reset=_keep,
    )
    await pool
    try:
        yield Database(pool, timeout_seconds, waited)
    finally:
        await _close(pool)


async def _register_types(connection: asyncpg.Connection) -> None:
    """Register codecs on a new connection: pgvector's binary format, and bit strings as text."""
    try:
        await connection.set_type_codec(
            "halfvec", schema="public", encoder=HalfVector.to_binary, decoder=HalfVector.from_binary, format="binary"
        )
        await connection.set_type_codec("varbit", schema="pg_catalog", encoder=str, decoder=str, format="text")
    except ValueError as error:
        raise DatabaseUnavailable("The database has not been migrated; run the migrations.") from error


async def _keep(_: asyncpg.Connection) -> None:
    """Skip the reset of a returned connection: no code here changes the session state."""


async def _close(pool: asyncpg.Pool) -> None:
    """Close the connections in order, or drop them if the server does not answer."""
    try:
        await asyncio.wait_for(pool.close(), _CLOSE_TIMEOUT_SECONDS)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        pool.terminate()
