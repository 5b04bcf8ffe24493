"""Checks a database before it is distributed. Every fault is a sentence that says what to do."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import asyncpg

from db.server import MIN_PGVECTOR, UnusableDatabase, version_of

MIN_CITUS = 14
"""The oldest major version on which the schema and the statements were run."""

_INSTALLATION = "https://docs.citusdata.com"

_FACTS = """
SELECT current_setting('server_version') AS version, current_database() AS database,
    EXISTS (SELECT FROM pg_available_extensions WHERE name = 'citus') AS is_installed,
    current_setting('citus.version', true) IS NOT NULL AS is_loaded,
    (SELECT extversion FROM pg_extension WHERE extname = 'citus') AS citus
"""

_GROUP = "SELECT groupid FROM pg_dist_local_group"

_WORKERS = "SELECT count(*) FROM pg_dist_node WHERE isactive AND shouldhaveshards"

ON_EACH = """
SELECT nodename || ':' || nodeport AS server, success, result
FROM run_command_on_all_nodes($1) JOIN pg_dist_node USING (nodeid) ORDER BY nodeid
"""
"""Runs a command on each server, over a connection of its own."""

_FACTS_OF_EACH = """
SELECT json_build_object(
    'wal_level', current_setting('wal_level'),
    'prepared', current_setting('max_prepared_transactions')::int,
    'vector', (SELECT default_version FROM pg_available_extensions WHERE name = 'vector')
)
"""


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts that the coordinator reports. citus: version of the extension in the database, None if it is absent."""

    version: str
    database: str
    is_installed: bool
    is_loaded: bool
    citus: str | None


async def require_coordinator(connection: asyncpg.Connection, place: str) -> None:
    """Raise UnusableDatabase unless the database is on a Citus coordinator whose servers can take its tables."""
    facts = Facts(**await connection.fetchrow(_FACTS))
    if found := fault(facts, place):
        raise UnusableDatabase(found)
    if await connection.fetchval(_GROUP) != 0:
        raise UnusableDatabase(
            f"PostgreSQL at {place} is a worker server of Citus; give the address of the coordinator."
        )
    if not await connection.fetchval(_WORKERS):
        raise UnusableDatabase(
            f"The coordinator at {place} has no servers to distribute to; add each with SELECT citus_add_node('host', "
            "5432), after SELECT citus_set_coordinator_host('host')."
        )
    faults = [found for row in await connection.fetch(ON_EACH, _FACTS_OF_EACH) for found in faults_of_server(**row)]
    if faults:
        raise UnusableDatabase("\n".join(faults))


def fault(facts: Facts, place: str) -> str | None:
    """Return why the database cannot be distributed, None if it can be."""
    return next(_faults(facts, place), None)


def _faults(facts: Facts, place: str) -> Iterator[str]:
    server = f"PostgreSQL {facts.version} at {place}"
    if not facts.is_installed:
        yield (
            f"{server} has no Citus, and a database on one server needs no distribution; to spread it over several, "
            f"install Citus {MIN_CITUS} on each, as {_INSTALLATION} describes."
        )
    if not facts.is_loaded:
        yield (
            f"{server} does not load Citus; make it the first of shared_preload_libraries on every server, and restart "
            "them."
        )
    if facts.citus is None:
        yield f"The database {facts.database} is without Citus; run CREATE EXTENSION citus in it, on every server."
    elif version_of(facts.citus) < (MIN_CITUS,):
        yield f"The database {facts.database} uses Citus {facts.citus}; version {MIN_CITUS} or newer is needed."


def faults_of_server(server: str, success: bool, result: str) -> Iterator[str]:
    """Yield the faults of one server, from its answer to _FACTS_OF_EACH."""
    if not success:
        yield f"The server {server} of Citus does not answer ({result}); start it, or let the coordinator reach it."
        return
    facts = json.loads(result)
    if facts["wal_level"] != "logical":
        yield f"The server {server} has wal_level={facts['wal_level']}; set it to logical, with which shards are moved."
    if not facts["prepared"]:
        yield (
            f"The server {server} has max_prepared_transactions=0; set it to twice max_connections, since writes on "
            "several servers are committed in two phases."
        )
    if version_of(facts["vector"] or "0") < MIN_PGVECTOR:
        needed = ".".join(map(str, MIN_PGVECTOR))
        yield f"The server {server} has pgvector {facts['vector'] or 'not installed'}; install {needed} or newer."
