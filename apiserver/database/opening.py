"""Opens the pool of connections to PostgreSQL, directly or through a pooler."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import asyncpg
from pgvector import HalfVector

from apiserver.database.pool import Database, Pooler, Waited
from apiserver.database.session import ROLE, Session
from apiserver.problems import DatabaseUnavailable

_CLOSE_TIMEOUT_SECONDS = 5

_FIRST = """
SELECT coalesce(pg_has_role(current_user, to_regrole($1)::oid, 'SET'), false)
        AND EXISTS (SELECT FROM pg_policy WHERE polname = 'of_directory' AND polrelid = to_regclass('faces')),
    current_setting('plan_cache_mode'), current_setting('enable_seqscan'),
    current_setting('max_parallel_workers_per_gather'),
    EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')
        AND coalesce((SELECT relkind = 'r' FROM pg_class WHERE oid = to_regclass('faces')), false)
"""
"""Whether a connection can be bound, the server's settings in the order of `PLANNED_ONCE`, and whether it leads to the
coordinator of a distributed database."""

_UNPROTECTED = (
    "PostgreSQL does not separate the directories from each other: the account may not use the role %s. Have a "
    "superuser run: CREATE ROLE %s NOLOGIN; GRANT %s TO <account> WITH SET TRUE, INHERIT FALSE; then run "
    "python -m db migrate, and restart."
)

_JIT_OFF = "SELECT set_config('jit', 'off', $1)"
"""JIT compilation takes longer than a search."""

_logger = logging.getLogger(__name__)

StatementEnded = Callable[[Any], None]
"""An asyncpg query logger, called after each statement."""


statement_listeners: set[StatementEnded] = set()
"""Called after each statement of every connection that is opened from then on, whatever opens it."""


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
        connection_class=Session,
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
    """Roll back what an interrupted caller left; the rest of the state stays, and `Session` knows it."""
    if connection.is_in_transaction():
        await connection.execute("ROLLBACK")


async def _close(pool: asyncpg.Pool) -> None:
    """Close the connections in order, or drop them if the server does not answer."""
    try:
        await asyncio.wait_for(pool.close(), _CLOSE_TIMEOUT_SECONDS)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        pool.terminate()
