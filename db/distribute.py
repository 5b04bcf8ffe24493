"""Spreads the tables of a migrated database over the servers of Citus, by directory."""

import asyncio
from collections.abc import Callable

import asyncpg

from db.citus import require_coordinator
from db.distribution import DISTRIBUTED, REPLACED_TRIGGERS
from db.dsn import server_of
from db.migrate import require_migrated
from db.row_security import ROLE, can_bind, make_permissive, protect_distributed
from db.server import UnusableDatabase, connected
from db.whole_faces import is_partitioned, make_whole

DEFAULT_SHARDS = 32
"""The default of Citus. Each server has several shards, so that they can be moved to new servers one by one."""

MAX_SHARDS = 1024
"""With more shards, the files and catalog rows of all tables take more space than their rows."""

SETTINGS = {
    # Forwards to the shard what is set for a transaction: its directory, and the settings of a search.
    "citus.propagate_set_commands": "local",
    # Otherwise Citus checks each table that the driver looks up in the catalogs: more than a second per connection.
    "citus.override_table_visibility": "off",
}
"""Settings of the database on the coordinator. Poolers refuse them as parameters of a connection."""

SETTINGS_OF_SHARDS = {"jit": "off"}
"""Settings of the database on all servers. Parameters of the services' connections reach the coordinator only."""

_LOCK = "SELECT pg_advisory_xact_lock(hashtext('distribute'))"

_IN_USE = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = ANY ($1)"
_SERVICES = ["apiserver", "worker"]

_DISTRIBUTED = "SELECT logicalrelid::text AS table FROM pg_dist_partition WHERE partmethod IN ('h', 'n')"
_SHARDS = "SELECT count(*) FROM pg_dist_shard WHERE logicalrelid = to_regclass('directories')"
_SERVERS = "SELECT count(*) FROM pg_dist_node WHERE isactive AND shouldhaveshards"

_UNFINISHED = """
SELECT count(*) FROM unnest($1::text[]) AS name
WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = to_regclass(name))
"""
_POLL_SECONDS = 2.0

_TRIGGERS = """
SELECT tgrelid::regclass::text AS table, tgname::text AS trigger FROM pg_trigger
WHERE NOT tgisinternal AND tgparentid = 0 AND tgrelid = ANY ($1::text[]::regclass[])
"""

_CASCADING = """
SELECT conrelid::regclass::text AS table, quote_ident(conname) AS name,
    replace(pg_get_constraintdef(oid), ' ON UPDATE CASCADE', '') AS definition
FROM pg_constraint WHERE contype = 'f' AND confupdtype = 'c' AND conrelid = ANY ($1::text[]::regclass[])
ORDER BY conname
"""

_SPREAD_FIRST = "SELECT create_distributed_table($1::text::regclass, 'directory', shard_count => $2)"
_SPREAD = "SELECT create_distributed_table($1::text::regclass, 'directory', colocate_with => 'directories')"

_CAN_LOG_IN = "SELECT rolcanlogin FROM pg_roles WHERE rolname = $1"

_WITH_LEFT_ROWS = "SELECT pg_relation_size($1::text::regclass) > 0"
_REMOVE_LEFT_ROWS = "SELECT truncate_local_data_after_distributing_table($1::text::regclass)"


async def distribute(dsn: str, shards: int | None = None) -> str:
    """Distribute the tables that are not distributed yet, in one transaction, and return a report of several lines.

    Raises UnusableDatabase, also if services are connected to the database.
    """
    async with connected(dsn) as connection:
        try:
            await require_coordinator(connection, server_of(dsn))
            await require_migrated(dsn)
            async with connection.transaction():
                await connection.execute(_LOCK)
                report = await _distribute(connection, shards)
            await _remove_left_rows(connection)
            await set_settings(connection)
            await _let_shards_be_bound(connection)
        except asyncpg.PostgresError as error:
            raise UnusableDatabase(
                f"The database refused it ({error.args[0]}); put that right, and run python -m db distribute again."
            ) from error
    return "\n".join(report)


async def wait_until_distributed(dsn: str, report: Callable[[str], object]) -> None:
    """Return as soon as all tables are distributed; only the coordinator is asked.

    report: called with a sentence whenever the reason to wait changes.
    """
    reported = None
    while reason := await _why_not_distributed(dsn):
        if reason != reported:
            report(reason)
        reported = reason
        await asyncio.sleep(_POLL_SECONDS)


async def _why_not_distributed(dsn: str) -> str | None:
    try:
        async with connected(dsn) as connection:
            unfinished = await connection.fetchval(_UNFINISHED, DISTRIBUTED)
    except UnusableDatabase as failure:
        return str(failure)
    except asyncpg.UndefinedTableError:
        return "The database is without Citus; run CREATE EXTENSION citus in it, on every server."
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        return f"The database does not answer ({error})."
    return f"{unfinished} tables are still to be distributed." if unfinished else None


async def set_settings(connection: asyncpg.Connection) -> None:
    """Set the defaults of new connections to the database; Citus forwards them to the servers of the shards."""
    database = await connection.fetchval("SELECT quote_ident(current_database())")
    for name, value in (SETTINGS | SETTINGS_OF_SHARDS).items():
        await connection.execute(f"ALTER DATABASE {database} SET {name} = '{value}'")


async def _distribute(connection: asyncpg.Connection, shards: int | None) -> list[str]:
    done = {row["table"] for row in await connection.fetch(_DISTRIBUTED)}
    missing = [table for table in DISTRIBUTED if table not in done]
    existing = await connection.fetchval(_SHARDS)
    if existing and shards not in {None, existing}:
        raise UnusableDatabase(f"The tables are distributed in {existing} shards already; leave --shards out.")
    if "faces" in missing and (sessions := await connection.fetchval(_IN_USE, _SERVICES)):
        raise UnusableDatabase(
            f"Gateways or workers have {sessions} connections to the database; stop them before it is distributed."
        )
    await connection.execute("SET LOCAL citus.multi_shard_modify_mode = 'sequential'")
    report = [f"The trigger {name} was dropped." for name in await _drop_triggers(connection)]
    if await is_partitioned(connection):
        report.append(f"faces is one table instead of partitions, with {await make_whole(connection)} rows.")
    if missing:
        await _drop_cascades(connection)
        await connection.execute("SELECT protect_directories()")
        await make_permissive(connection, missing)
        await _spread(connection, missing, shards or DEFAULT_SHARDS)
        report.append(f"Distributed: {', '.join(missing)}.")
    await protect_distributed(connection)
    total, servers = await connection.fetchval(_SHARDS), await connection.fetchval(_SERVERS)
    return [*report, f"{len(DISTRIBUTED)} tables are distributed in {total} shards on {servers} servers."]


async def _drop_triggers(connection: asyncpg.Connection) -> list[str]:
    """Drop the triggers of distributed tables, which Citus does not run."""
    triggers = await connection.fetch(_TRIGGERS, DISTRIBUTED)
    if unknown := sorted({row["trigger"] for row in triggers} - set(REPLACED_TRIGGERS)):
        raise UnusableDatabase(
            f"Citus does not run triggers, and nothing replaces {', '.join(unknown)}; drop them if they are yours."
        )
    for row in triggers:
        await connection.execute(f"DROP TRIGGER {row['trigger']} ON {row['table']}")
    return [row["trigger"] for row in triggers]


async def _drop_cascades(connection: asyncpg.Connection) -> None:
    """Remove ON UPDATE CASCADE from foreign keys, which Citus refuses; the statement that renames updates the rows."""
    for key in await connection.fetch(_CASCADING, DISTRIBUTED):
        table, name = key["table"], key["name"]
        await connection.execute(
            f"ALTER TABLE {table} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} {key['definition']}"
        )


async def _spread(connection: asyncpg.Connection, tables: list[str], shards: int) -> None:
    for table in tables:
        # Shards with unlogged tables cannot be moved online, because logical replication leaves these tables out.
        await connection.execute(f"ALTER TABLE {table} SET LOGGED")
        if table == "directories":
            await connection.execute(_SPREAD_FIRST, table, shards)
        else:
            await connection.execute(_SPREAD, table)


async def _remove_left_rows(connection: asyncpg.Connection) -> None:
    """Remove the rows that were copied to the shards; they are not visible any more, but take space."""
    for table in DISTRIBUTED:
        if await connection.fetchval(_WITH_LEFT_ROWS, table):
            await connection.execute(_REMOVE_LEFT_ROWS, table)


async def _let_shards_be_bound(connection: asyncpg.Connection) -> None:
    """Let the coordinator connect to the shards as the role of bound connections, and test this.

    Raises UnusableDatabase.
    """
    if not await can_bind(connection):
        return  # the gateway logs a warning
    try:
        if not await connection.fetchval(_CAN_LOG_IN, ROLE):
            await connection.execute(f"ALTER ROLE {ROLE} LOGIN")  # Citus does so on all servers
        async with connection.transaction():
            await connection.execute(f"SET LOCAL ROLE {ROLE}")
            await connection.fetchval("SELECT count(*) FROM directories")
    except asyncpg.PostgresError as error:
        raise UnusableDatabase(
            f"The servers of the shards do not accept the role {ROLE} ({error.args[0]}). Have a superuser run ALTER "
            f"ROLE {ROLE} LOGIN on every server, and let the coordinator connect with it, as with your own role "
            "(pg_hba.conf, .pgpass); then run this again."
        ) from error
