"""Checks a database before it is changed. Every fault is a sentence that says what to do."""

import os
import re
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from db.dsn import InvalidDsn, database_of, require_dsn, server_of

MIN_POSTGRESQL = 16
"""The oldest major version on which the schema and the statements were run."""

MIN_PGVECTOR = (0, 8, 4)
"""Older versions can corrupt an HNSW index when rows are deleted."""

_TIMEOUT_SECONDS = 15.0
_INSTALLATION = "https://github.com/pgvector/pgvector"

_FACTS = """
SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int / 10000 AS major,
    current_setting('server_encoding') AS encoding, current_setting('transaction_read_only') = 'on' AS read_only,
    current_user AS role, current_database() AS database,
    (SELECT default_version FROM pg_available_extensions WHERE name = 'vector') AS available,
    (SELECT extversion FROM pg_extension WHERE extname = 'vector') AS installed,
    has_table_privilege(to_regclass('schema_migrations'), 'INSERT') AS may_migrate
"""

_REFUSALS: dict[type[Exception], str] = {
    asyncpg.InvalidCatalogNameError: (
        "The database {database} does not exist at {place}; correct its name in the database URL, or create it with "
        "{statement}."
    ),
    asyncpg.InvalidAuthorizationSpecificationError: (
        "PostgreSQL at {place} refuses the login ({reason}); correct the user or the password in the database URL."
    ),
    asyncpg.InsufficientPrivilegeError: (
        "PostgreSQL at {place} refuses the connection ({reason}); grant the role access, or use another one."
    ),
    asyncpg.PostgresError: (
        "PostgreSQL at {place} refuses the connection ({reason}); correct the database URL, or try again later."
    ),
    socket.gaierror: "The host of the database, {place}, is not known ({reason}); correct the database URL.",
    TimeoutError: (
        f"PostgreSQL at {{place}} does not answer within {_TIMEOUT_SECONDS:.0f} s; correct the host and the port."
    ),
    OSError: "PostgreSQL does not answer at {place} ({reason}); start it, or correct the database URL.",
    Exception: "The database URL is not valid: {reason}.",
}
"""Why a connection was not opened; the first kind that the error is an instance of applies."""

_TRIED = """
CREATE TABLE faceserver_can_create_tables ();
CREATE EXTENSION IF NOT EXISTS vector;
"""
"""What the migrations do first; it is rolled back."""


class UnusableDatabase(RuntimeError):
    """The database cannot be used; the text is a sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts that the server reports. available: version of pgvector on the server, installed: in the database."""

    version: str
    major: int
    encoding: str
    read_only: bool
    role: str
    database: str
    available: str | None
    installed: str | None
    may_migrate: bool | None


async def require_usable(dsn: str) -> None:
    """Raise UnusableDatabase unless the database at `dsn` can be migrated; nothing is changed."""
    async with connected(dsn) as connection:
        facts = Facts(**await connection.fetchrow(_FACTS))
        if found := fault(facts, server_of(dsn)):
            raise UnusableDatabase(found)
        await _try_to_create(connection, facts)


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """Yield a connection to the database at `dsn`. Raises UnusableDatabase if it cannot be opened."""
    try:
        require_dsn(dsn)
    except InvalidDsn as error:
        raise UnusableDatabase(str(error)) from error
    try:
        connection = await asyncpg.connect(
            dsn, database=database_of(dsn), timeout=_TIMEOUT_SECONDS, statement_cache_size=0
        )
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
        raise UnusableDatabase(_refusal(error, server_of(dsn), database_of(dsn))) from error
    try:
        yield connection
    finally:
        await connection.close(timeout=_TIMEOUT_SECONDS)


def fault(facts: Facts, place: str) -> str | None:
    """Return why a database is unusable, None if it is usable."""
    return next(_faults(facts, place), None)


def _faults(facts: Facts, place: str) -> Iterator[str]:
    needed = f"{'.'.join(map(str, MIN_PGVECTOR))} or newer"
    server, database = f"PostgreSQL {facts.version} at {place}", f"The database {facts.database}"
    if facts.major < MIN_POSTGRESQL:
        yield f"{server} is too old; use version {MIN_POSTGRESQL} or newer."
    if facts.available is None and facts.installed is None:
        yield f"{server} has no pgvector; install version {needed} there, as {_INSTALLATION} describes."
    if facts.available and version_of(facts.available) < MIN_PGVECTOR:
        yield f"{server} has pgvector {facts.available}; install version {needed} there, as {_INSTALLATION} describes."
    if facts.installed and version_of(facts.installed) < MIN_PGVECTOR:
        yield f"{database} uses pgvector {facts.installed}, not {needed}; run ALTER EXTENSION vector UPDATE in it."
    if facts.encoding != "UTF8":
        yield (
            f"{database} has the encoding {facts.encoding}; create another one with createdb --encoding=UTF8 "
            "--template=template0."
        )
    if facts.read_only:
        yield f"{database} at {place} is read-only, as a standby is; give the address of the primary."
    if facts.may_migrate is False:
        yield f"The tables in {facts.database} belong to another role than {facts.role}; connect as that one."


async def _try_to_create(connection: asyncpg.Connection, facts: Facts) -> None:
    trial = connection.transaction()
    await trial.start()
    try:
        await connection.execute(_TRIED)
    except asyncpg.PostgresError as error:
        raise UnusableDatabase(
            f"The role {facts.role} may not create what {facts.database} needs ({_message(error)}); make it the owner "
            "of the database, and have a superuser run CREATE EXTENSION vector in it."
        ) from error
    finally:
        await trial.rollback()


def _refusal(error: Exception, place: str, database: str) -> str:
    """Return why a connection was not opened, and what to do."""
    sentence = next(sentence for kinds, sentence in _REFUSALS.items() if isinstance(error, kinds))
    return sentence.format(place=place, database=database, statement=_creation(database), reason=_reason(error))


def _reason(error: Exception) -> str:
    if isinstance(error, asyncpg.PostgresError):
        return _message(error)
    if isinstance(error, OSError) and not isinstance(error, socket.gaierror) and error.errno:
        return os.strerror(error.errno).lower()
    return getattr(error, "strerror", None) or str(error)


def _message(error: asyncpg.PostgresError) -> str:
    return str(error.args[0])  # without the details, which are further lines


def _creation(database: str) -> str:
    is_plain = re.fullmatch(r"[a-z_][a-z0-9_]*", database)
    return "CREATE DATABASE " + (database if is_plain else '"{}"'.format(database.replace('"', '""')))


def version_of(text: str) -> tuple[int, ...]:
    """Return the numbers of a version."""
    return tuple(int(number) for number in text.split(".") if number.isdigit())
