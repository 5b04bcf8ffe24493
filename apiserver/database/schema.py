"""What this code requires of the database: its migrations, their distribution, and the version of pgvector."""

from apiserver.database.session import Session
from apiserver.problems import DatabaseUnavailable

REQUIRED_SCHEMA = "20261129002600"
"""The newest migration that this code requires."""

MIN_PGVECTOR = (0, 8, 4)
"""Older versions can corrupt an HNSW index when rows are deleted."""

_PGVECTOR = "SELECT default_version FROM pg_available_extensions WHERE name = 'vector'"

_UNDISTRIBUTED = """
SELECT current_setting('citus.propagate_set_commands') <> 'local' OR EXISTS (
    SELECT FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
    WHERE contype = 'p' AND attname = 'directory' AND connamespace = 'public'::regnamespace
    AND conrelid::regclass::text !~ '^(audit|directory_tags)'
    AND NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = conrelid)
)
"""
"""Whether a migration of a distributed database was not followed by its distribution, or its settings are lost."""


async def require_schema(connection: Session) -> None:
    """Raise DatabaseUnavailable unless pgvector and the schema are recent enough."""
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
