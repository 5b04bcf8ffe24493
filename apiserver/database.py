"""The connection pool to PostgreSQL; the only module that translates asyncpg's errors into problems."""

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from enum import StrEnum
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

import asyncpg
from pgvector import HalfVector

from apiserver.access.binding import EVERY, Binding, Every, bound_directory
from apiserver.problems import DatabaseBusy, DatabaseUnavailable, ExternalIdTaken, InternalError, PersonExists, Problem

REQUIRED_SCHEMA = "20261129002600"
"""The newest migration that this code requires."""

MIN_PGVECTOR = (0, 8, 4)
"""Older versions can corrupt an HNSW index when rows are deleted."""

_CLOSE_TIMEOUT_SECONDS = 5
_PGVECTOR = "SELECT default_version FROM pg_available_extensions WHERE name = 'vector'"

ROLE = "faceserver_directory"
"""The role of bound connections, which row-level security restricts to the rows of one directory."""

# One round trip. The third parameter: whether all end with the transaction.
_BIND = """
SELECT set_config('role', $1, $3), set_config('faceserver.directory', $2, $3), set_config('plan_cache_mode', $4, $3),
    set_config('enable_seqscan', $5, $3), set_config('max_parallel_workers_per_gather', $6, $3)
"""

# The shards hear of SET LOCAL alone, and each statement opens their connections with the role of this one.
_BIND_SHARDS = (
    "SET LOCAL citus.propagate_set_commands = 'local'; SET LOCAL ROLE {}; SET LOCAL faceserver.directory = '{}'"
)

# A plan for any directory must not scan a partition, where another directory may have a million rows, or start workers.
_PLANNED_ONCE = ("force_generic_plan", "off", "0")

_FIRST = """
SELECT coalesce(pg_has_role(current_user, to_regrole($1)::oid, 'SET'), false)
        AND EXISTS (SELECT FROM pg_policy WHERE polname = 'of_directory' AND polrelid = to_regclass('faces')),
    current_setting('plan_cache_mode'), current_setting('enable_seqscan'),
    current_setting('max_parallel_workers_per_gather'),
    EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')
        AND coalesce((SELECT relkind = 'r' FROM pg_class WHERE oid = to_regclass('faces')), false)
"""
"""Whether a connection can be bound, the server's settings in the order of `_PLANNED_ONCE`, and whether it leads to the
coordinator of a distributed database."""

_UNDISTRIBUTED = """
SELECT current_setting('citus.propagate_set_commands') <> 'local' OR EXISTS (
    SELECT FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
    WHERE contype = 'p' AND attname = 'directory' AND connamespace = 'public'::regnamespace
    AND conrelid::regclass::text !~ '^(audit|directory_tags)'
    AND NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = conrelid)
)
"""
"""Whether a migration of a distributed database was not followed by its distribution, or its settings are lost."""

_UNPROTECTED = (
    "PostgreSQL does not separate the directories from each other: the account may not use the role %s. Have a "
    "superuser run: CREATE ROLE %s NOLOGIN; GRANT %s TO <account> WITH SET TRUE, INHERIT FALSE; then run "
    "python -m db migrate, and restart."
)

_JIT_OFF = "SELECT set_config('jit', 'off', $1)"
"""JIT compilation takes longer than a search."""

_SNAPSHOT: Mapping[str, Any] = {"isolation": "repeatable_read", "readonly": True}
_READ_COMMITTED: Mapping[str, Any] = {"isolation": "read_committed"}
_DEFAULT_ISOLATION: Mapping[str, Any] = {}

_logger = logging.getLogger(__name__)

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
_CONSTRAINT_OF_SHARD = re.compile(r'"(\w+?)(?:_\d+)?"')
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


statement_listeners: set[StatementEnded] = set()
"""Called after each statement of every connection that is opened from then on, whatever opens it."""


class PoolUse(NamedTuple):
    """Number of open connections, of idle ones among them, and the maximum."""

    open: int
    idle: int
    limit: int


class Pooler(StrEnum):
    """What is between this process and PostgreSQL, such as PgBouncer, and what it shares out among its clients.

    none: nothing. session: a pooler that keeps a connection for a client. transaction: one that gives each transaction
    another connection, so that nothing outlives a transaction: neither settings nor prepared statements.
    """

    NONE = "none"
    SESSION = "session"
    TRANSACTION = "transaction"


class _Session(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """A connection that remembers what it is bound to, and whether it plans once; None for what is not known.

    can_bind: whether the role of bound connections may be used. planning: the server's settings of plans.
    is_distributed: whether the tables are spread over the servers of Citus.
    """

    can_bind = False
    is_distributed = False
    planning: tuple[str, str, str] = _PLANNED_ONCE
    bound_to: tuple[Binding, bool] | None = (EVERY, False)

    async def bind(self, binding: Binding, *, plans_once: bool) -> None:
        """Bind the connection, unless it is bound so."""
        if self.bound_to != (binding, plans_once) and self.can_bind:
            self.bound_to = None  # until the answer has arrived: the statement may be cancelled
            planning = _PLANNED_ONCE if plans_once else self.planning
            await self.fetchrow(_BIND, *_role_and_directory(binding), False, *planning)
            self.bound_to = (binding, plans_once)

    async def bind_transaction(self, binding: Binding) -> None:
        """Bind the connection until its transaction ends, and turn JIT compilation off."""
        await self.execute("SET LOCAL jit = off")
        if isinstance(binding, Every) or not self.can_bind:
            return
        if self.is_distributed:
            await self.bind_shards(binding)
        else:
            await self.fetchrow(_BIND, *_role_and_directory(binding), True, *self.planning)

    async def bind_shards(self, binding: str | None) -> None:
        """Bind the connection, and those that it opens to shards, until its transaction ends."""
        await self.execute(_BIND_SHARDS.format(ROLE, (binding or "").replace("'", "''")))

    async def reset(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - asyncpg's
        """Reset the session, also to all directories."""
        self.bound_to = None
        await super().reset(timeout=timeout)


def _role_and_directory(binding: Binding) -> tuple[str, str]:
    """Return the values of the two settings; no directory has an empty name."""
    return ("none", "") if isinstance(binding, Every) else (ROLE, binding or "")


class Database:
    """Connections to one database, opened on demand; the database need not be reachable at the start."""

    def __init__(
        self, pool: asyncpg.Pool, timeout_seconds: float, waited: Waited, pooler: Pooler = Pooler.NONE
    ) -> None:
        self._pool = pool
        self._pooler = pooler
        self.timeout_seconds = timeout_seconds
        self._waited = waited
        self._slots = {share: asyncio.Semaphore(limit) for share, limit in share_limits(pool.get_max_size()).items()}

    def connection(
        self, share: Share = Share.RECOGNITION, *, plans_once: bool = False
    ) -> AbstractAsyncContextManager[asyncpg.Connection]:
        """Yield a connection of a share, which sees only the rows of the directory that the current task is bound to.

        plans_once: each statement keeps its first plan, whatever its parameters, and reads tables by their indexes.
        To plan a small statement over all partitions of `faces` takes longer than to run it.
        Translates errors of asyncpg raised in the block into problems. A caller that holds a connection must not wait
        for a second one of the same share. Raises DatabaseBusy if all connections of the share stay in use.
        """
        return self._acquired(share, bound_directory(), plans_once=plans_once)

    def transaction(
        self, share: Share = Share.RECOGNITION, *, plans_once: bool = False
    ) -> AbstractAsyncContextManager[asyncpg.Connection]:
        """Yield a connection as `connection` does, in a transaction, which is rolled back if the block raises."""
        return self._acquired(share, bound_directory(), plans_once=plans_once, isolation=_READ_COMMITTED)

    def unbound(self, share: Share = Share.RECOGNITION) -> AbstractAsyncContextManager[asyncpg.Connection]:
        """Yield a connection that sees the rows of all directories, as `connection` does.

        For statements that cross directories by their nature. What they find must not reach a caller unchecked.
        """
        return self._acquired(share, EVERY)

    def snapshot(self, share: Share = Share.LONG) -> AbstractAsyncContextManager[asyncpg.Connection]:
        """Yield a connection as `connection` does, in a transaction that only reads, and sees no later changes."""
        return self._acquired(share, bound_directory(), isolation=_SNAPSHOT)

    @asynccontextmanager
    async def _acquired(
        self,
        share: Share,
        binding: Binding,
        *,
        plans_once: bool = False,
        isolation: Mapping[str, Any] = _DEFAULT_ISOLATION,
    ) -> AsyncIterator[asyncpg.Connection]:
        begun = time.perf_counter()
        try:
            async with self._slot(share), self._pool.acquire(timeout=self.timeout_seconds) as connection:
                self._waited(share, time.perf_counter() - begun)
                if self._pooler is Pooler.TRANSACTION:
                    async with connection.transaction(**isolation):
                        await connection.bind_transaction(binding)
                        yield connection
                elif connection.is_distributed:
                    async with _bound_shards(connection, binding, isolation):
                        yield connection
                else:
                    await connection.bind(binding, plans_once=plans_once)
                    async with connection.transaction(**isolation) if isolation else nullcontext():
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
    def keeps_sessions(self) -> bool:
        """Whether what is done on a connection is committed before the connection is given back."""
        return self._pooler is not Pooler.TRANSACTION

    @property
    def hold_seconds(self) -> float:
        """Maximum time to hold row locks that others wait for: half of the statement timeout."""
        return self.timeout_seconds / 2

    def use(self) -> PoolUse:
        """Return the state of the connection pool."""
        return PoolUse(self._pool.get_size(), self._pool.get_idle_size(), self._pool.get_max_size())

    async def check_schema(self) -> None:
        """Raise DatabaseUnavailable unless pgvector and the schema are recent enough."""
        async with self.unbound() as connection:
            version = await connection.fetchval("SELECT max(version) FROM schema_migrations")
            require_pgvector(await connection.fetchval(_PGVECTOR) or "0")
            undistributed = connection.is_distributed and await connection.fetchval(_UNDISTRIBUTED)
        if version is None or version < REQUIRED_SCHEMA:
            raise DatabaseUnavailable(
                "The database schema is older than this service; python -m db migrate upgrades it or says why not."
            )
        if undistributed:
            raise DatabaseUnavailable("New tables are not distributed, or settings lost; run python -m db distribute.")


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
        return PROBLEM_OF_CONSTRAINT.get(_violated(error), InternalError)()
    if isinstance(error, asyncpg.ConnectionFailureError):  # the coordinator of Citus says it of another server
        return DatabaseUnavailable(
            "A server of the database does not answer; directories on others are served, a list of all is not."
        )
    if isinstance(error, asyncpg.PostgresError) and error.sqlstate:
        by_class = PROBLEM_OF_SQLSTATE.get(error.sqlstate[:2], InternalError)
        return PROBLEM_OF_SQLSTATE.get(error.sqlstate, by_class)()
    return next((problem for kind, problem in PROBLEM_OF_ERROR.items() if isinstance(error, kind)), InternalError)()


def _violated(error: asyncpg.UniqueViolationError) -> str:
    """Return the name of the constraint, which Citus has in the message only, followed by the number of the shard."""
    in_message = _CONSTRAINT_OF_SHARD.search(str(error.args[0]))
    return error.constraint_name or (in_message[1] if in_message else "")


@asynccontextmanager
async def _bound_shards(connection: _Session, binding: Binding, isolation: Mapping[str, Any]) -> AsyncIterator[None]:
    """Bind a connection of a distributed database for the block, which is a transaction if anything is bound."""
    directory = EVERY if not connection.can_bind else binding
    if isinstance(directory, Every) and not isolation:
        yield
        return
    async with connection.transaction(**isolation):
        if not isinstance(directory, Every):
            await connection.bind_shards(directory)
        yield


@asynccontextmanager
async def open_database(
    dsn: str,
    *,
    pool_size: int,
    timeout_seconds: float,
    name: str = "apiserver",
    waited: Waited = lambda *_: None,
    statement_ended: StatementEnded | None = None,
    pooler: Pooler = Pooler.NONE,
) -> AsyncIterator[Database]:
    """Yield the database at `dsn`. `name` becomes the connections' application_name.

    The first connection is opened on first use, so the process can start during an outage.
    """
    warned = False

    async def prepare(connection: asyncpg.Connection) -> None:
        nonlocal warned
        async with connection.transaction():  # a pooler may give each transaction another server connection
            await _register_types(connection)
            connection.can_bind, *planning, connection.is_distributed = await connection.fetchrow(_FIRST, ROLE)
            connection.planning = tuple(planning)
        if pooler is Pooler.SESSION:
            await connection.fetchval(_JIT_OFF, False)
        if not connection.can_bind and not warned:
            warned = True
            _logger.warning(_UNPROTECTED, ROLE, ROLE, ROLE)
        for ended in statement_listeners | ({statement_ended} if statement_ended else set()):
            connection.add_query_logger(ended)

    pool = asyncpg.create_pool(
        dsn,
        database=_database_of(dsn),
        min_size=0,
        max_size=pool_size,
        timeout=timeout_seconds,
        command_timeout=timeout_seconds,
        connection_class=_Session,
        init=prepare,
        reset=_end_transaction,
        **_options(pooler, name),
    )
    await pool
    try:
        yield Database(pool, timeout_seconds, waited, pooler)
    finally:
        await _close(pool)


def _database_of(dsn: str) -> str | None:
    """Return the name of the database, which asyncpg does not find among the options of a DSN that ends in a slash."""
    parts = urlsplit(dsn)
    options = dict(parse_qsl(parts.query))
    return unquote(parts.path.removeprefix("/")) or options.get("dbname") or options.get("database")


def _options(pooler: Pooler, name: str) -> dict[str, Any]:
    """Return the options of connections; PgBouncer refuses those that use a parameter like `jit` as they start."""
    settings = {"application_name": name}
    if pooler is Pooler.NONE:
        return {"server_settings": settings | {"jit": "off"}}
    if pooler is Pooler.SESSION:
        return {"server_settings": settings}
    return {"server_settings": settings, "statement_cache_size": 0}


async def _register_types(connection: asyncpg.Connection) -> None:
    """Register codecs on a new connection: pgvector's binary format, and bit strings as text."""
    try:
        await connection.set_type_codec(
            "halfvec", schema="public", encoder=HalfVector.to_binary, decoder=HalfVector.from_binary, format="binary"
        )
        await connection.set_type_codec("varbit", schema="pg_catalog", encoder=str, decoder=str, format="text")
    except ValueError as error:
        raise DatabaseUnavailable("The database has not been migrated; run the migrations.") from error


async def _end_transaction(connection: asyncpg.Connection) -> None:
    """Roll back what an interrupted caller left; the rest of the state stays, and `_Session` knows it."""
    if connection.is_in_transaction():
        await connection.execute("ROLLBACK")


async def _close(pool: asyncpg.Pool) -> None:
    """Close the connections in order, or drop them if the server does not answer."""
    try:
        await asyncio.wait_for(pool.close(), _CLOSE_TIMEOUT_SECONDS)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        pool.terminate()
