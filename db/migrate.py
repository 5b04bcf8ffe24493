"""Brings a PostgreSQL database to the newest schema by running the dbmate binary."""

import asyncio
import sysconfig
from pathlib import Path

import asyncpg

from db.dsn import database_of, for_dbmate
from db.row_security import drop_half_protection, is_half_protected, protect_distributed, servers_without_role

MIGRATIONS = Path(__file__).with_name("migrations")


class MigrationFailed(RuntimeError):
    """dbmate refused or could not reach the database; the text is dbmate's."""


class UnknownSchema(MigrationFailed):
    """The database has migrations that this version does not know; the text is a sentence that says what to do."""


async def migrate(dsn: str, *, place: str = "database", create: bool = True) -> str:
    """Apply every pending migration to the database at `dsn` and return dbmate's report.

    Any number of processes may call this at once: dbmate's advisory lock lets one migrate while the others wait. With
    `create`, a missing database is created. Raises MigrationFailed, and before any change UnknownSchema, whose sentence
    calls the database `place`.
    """
    applied = await _applied(dsn)
    _require_known(applied, place)
    if applied == _known():
        await _protect(dsn)
        return ""
    await _prepare(dsn)
    process = await asyncio.create_subprocess_exec(
        Path(sysconfig.get_path("scripts"), "dbmate"),
        "--migration-lock",
        "--no-dump-schema",
        "--migrations-dir",
        MIGRATIONS,
        "up" if create else "migrate",
        env={"DATABASE_URL": for_dbmate(dsn)},  # not an argument: those are readable by everyone on the machine
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:  # cancelled
            process.kill()
            await process.wait()
    report = output.decode(errors="replace").strip()
    if process.returncode != 0:
        raise MigrationFailed(report)
    await _protect(dsn)
    return report


async def require_migrated(dsn: str) -> None:
    """Raise MigrationFailed unless every migration that this version knows was applied, and no other."""
    applied = await _applied(dsn)
    _require_known(applied, "database")
    if applied != _known():
        raise MigrationFailed("The schema is older than this version; run python -m db migrate first.")


async def _prepare(dsn: str) -> None:
    """Make what migrations count on: the role on all servers, and policies that are whole, as `_protect` leaves them.

    Where the database cannot be reached or made yet, nothing is: dbmate reports why.
    """
    try:
        connection = await _connected(dsn)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        return
    try:
        await _require_role(connection)
        half_protected = await is_half_protected(connection)
    finally:
        await connection.close()
    if half_protected:
        await _protect(dsn)


async def _protect(dsn: str) -> None:
    """Protect the rows of the directories: new tables, and all where the role did not exist at the last migration.

    Raises MigrationFailed.
    """
    connection = await _connected(dsn)
    try:
        await _require_role(connection)
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(hashtext('protect_directories'))")
            await drop_half_protection(connection)
            await connection.execute("SELECT protect_directories()")
            await protect_distributed(connection)
    except asyncpg.PostgresError as error:
        raise MigrationFailed(f"The rows of directories could not be separated: {error.args[0]}.") from error
    finally:
        await connection.close()


async def _require_role(connection: asyncpg.Connection) -> None:
    if lacking := await servers_without_role(connection):
        raise MigrationFailed("\n".join(lacking))


async def _connected(dsn: str) -> asyncpg.Connection:
    # PgBouncer may not know prepared statements.
    return await asyncpg.connect(dsn, database=database_of(dsn), statement_cache_size=0)


async def _applied(dsn: str) -> set[str]:
    """Return the versions applied so far; an empty set also if they cannot be read, because dbmate reports why."""
    try:
        connection = await _connected(dsn)
        try:
            return {row["version"] for row in await connection.fetch("SELECT version FROM schema_migrations")}
        finally:
            await connection.close()
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        return set()


def _require_known(applied: set[str], place: str) -> None:
    known = _known()
    unknown = applied - known
    if any(version < min(known) for version in unknown):
        raise UnknownSchema(
            f"The {place} was made by an earlier version of faceserver and cannot be upgraded: export the directories "
            f"with that version, then import them into an empty {place}."
        )
    if unknown:
        raise UnknownSchema(
            f"The {place} was made by a newer version of faceserver: run that version, or start with an empty {place}."
        )


def _known() -> set[str]:
    return {file.name.partition("_")[0] for file in MIGRATIONS.glob("*.sql")}
