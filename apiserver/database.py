"""The connection pool to PostgreSQL, and the only place that turns asyncpg's errors into problems."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import asyncpg
from pgvector import HalfVector

from apiserver.problems import DatabaseBusy, DatabaseUnavailable, ExternalIdTaken, InternalError, PersonExists, Problem

REQUIRED_SCHEMA = "20261122040710"
"""The newest migration this code relies on."""

MIN_PGVECTOR = (0, 8, 4)
"""Older ones can corrupt the index of a table from which rows are deleted."""

_CLOSE_TIMEOUT_SECONDS = 5
_PGVECTOR = "SELECT default_version FROM pg_available_extensions WHERE name = 'vector'"

# By SQLSTATE, or by the two characters that name its class. What is left out is a mistake of ours.
PROBLEM_OF_SQLSTATE: dict[str, type[Problem]] = {
    "08": DatabaseUnavailable,  # connection exception
    "23503": DatabaseBusy,  # foreign key: what a statement refers to was removed meanwhile
    "25": DatabaseUnavailable,  # invalid transaction state: a standby that only reads
    "28": DatabaseUnavailable,  # invalid authorization
    "3D": DatabaseUnavailable,  # no such database
    "40": DatabaseBusy,  # deadlock or serialization failure
    "42P01": DatabaseUnavailable,  # no such table: not migrated yet
    "53": DatabaseUnavailable,  # out of disk, memory or connections
    "55": DatabaseBusy,  # lock not available
    "57": DatabaseUnavailable,  # shutting down, starting up, or an operator cancelled
    "58": DatabaseUnavailable,  # the server's operating system failed
    "XX": DatabaseUnavailable,  # the server's internal error
}
# A unique constraint that a client can run into; another one is a mistake of ours.
PROBLEM_OF_CONSTRAINT: dict[str, type[Problem]] = {
    "persons_pkey": PersonExists,
    "persons_by_external_id": ExternalIdTaken,
}
PROBLEM_OF_ERROR: dict[type[BaseException], type[Problem]] = {
    asyncpg.DataError: InternalError,
    asyncpg.InternalClientError: InternalError,
    asyncpg.InterfaceError: DatabaseUnavailable,  # above all: the connection was closed under us
    OSError: DatabaseUnavailable,  # includes TimeoutError
}


Connection = asyncpg.Connection

Waited = Callable[[float], object]
"""Is told how many seconds somebody waited for a connection."""

StatementEnded = Callable[[Any], None]
"""Is told of each statement what asyncpg tells a query logger."""


class PoolUse(NamedTuple):
    """Connections that are open, those of them nobody has, and how many there may be."""

    open: int
    idle: int
    most: int


class Database:
    """Connections to one database, opened as they are needed; it need not be there when this is made."""

    def __init__(self, pool: asyncpg.Pool, timeout_seconds: float, waited: Waited) -> None:
        self._pool = pool
        self.timeout_seconds = timeout_seconds
        self._waited = waited

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """Lend a connection. Errors of asyncpg inside become problems; other exceptions pass."""
        begun = time.perf_counter()
        try:
            async with self._pool.acquire(timeout=self.timeout_seconds) as connection:
                self._waited(time.perf_counter() - begun)
                yield connection
        except (asyncpg.PostgresError, *PROBLEM_OF_ERROR) as error:
            raise translated(error) from error

    @property
    def hold_seconds(self) -> float:
        """How long a transaction may hold rows that others wait for: half the time that their statements have."""
        return self.timeout_seconds / 2

    def use(self) -> PoolUse:
        """Return how many connections there are."""
        return PoolUse(self._pool.get_size(), self._pool.get_idle_size(), self._pool.get_max_size())

    async def check_schema(self) -> None:
        """Raise DatabaseUnavailable unless pgvector and the applied migrations are those this code relies on."""
        async with self.connection() as connection:
            version = await connection.fetchval("SELECT max(version) FROM schema_migrations")
            require_pgvector(await connection.fetchval(_PGVECTOR) or "0")
        if version is None or version < REQUIRED_SCHEMA:
            raise DatabaseUnavailable("The database schema is older than this service.")


def require_pgvector(version: str) -> None:
    """Raise DatabaseUnavailable where the server's pgvector is too old."""
    if tuple(int(number) for number in version.split(".") if number.isdigit()) < MIN_PGVECTOR:
        needed = ".".join(map(str, MIN_PGVECTOR))
        raise DatabaseUnavailable(
            f"The database has pgvector {version}, which can corrupt an index; install {needed} or newer."
        )


def translated(error: BaseException) -> Problem:
    """Return the problem that `error`, of asyncpg or of the socket below it, means to a client."""
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
    waited: Waited = lambda _: None,
    statement_ended: StatementEnded | None = None,
) -> AsyncIterator[Database]:
    """Yield the database at `dsn`, to which its connections call themselves `name`.

    Nothing connects before the first use, so an outage does not stop the start.
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
        server_settings={"application_name": name, "jit": "off"},  # compiling a search takes longer than the search
        init=prepare,
        reset=_keep,
    )
    await pool
    try:
        yield Database(pool, timeout_seconds, waited)
    finally:
        await _close(pool)


async def _register_types(connection: asyncpg.Connection) -> None:
    """Teach a new connection pgvector's binary form, and bits written as zeros and ones."""
    try:
        await connection.set_type_codec(
            "halfvec", schema="public", encoder=HalfVector.to_binary, decoder=HalfVector.from_binary, format="binary"
        )
        await connection.set_type_codec("varbit", schema="pg_catalog", encoder=str, decoder=str, format="text")
    except ValueError as error:
        raise DatabaseUnavailable("The database has not been migrated.") from error


async def _keep(_: asyncpg.Connection) -> None:
    """Spare a connection the statements that clear a session: nothing here leaves anything behind in one."""


async def _close(pool: asyncpg.Pool) -> None:
    """Part with the server in good order if it still answers, and without its consent otherwise."""
    try:
        await asyncio.wait_for(pool.close(), _CLOSE_TIMEOUT_SECONDS)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        pool.terminate()
