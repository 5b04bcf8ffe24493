"""Persons who were neither recognized nor enrolled within their directory's retention time."""

from datetime import timedelta

from apiserver.database import Connection, Database

_AT_ONCE = 100
_MAX_SECONDS = 600

_AGES = "SELECT directory, unseen_retention_days FROM directories WHERE unseen_retention_days IS NOT NULL"

_FIND = """
SELECT person FROM persons
WHERE directory = $1 AND coalesce(last_seen_at, '-infinity'::timestamptz) < now() - $2::interval
AND created_at < now() - $2::interval
AND NOT EXISTS (
    SELECT FROM faces
    WHERE faces.directory = $1 AND faces.person = persons.person AND faces.created_at >= now() - $2::interval
)
LIMIT $3
"""

# Waits for concurrent updates of a person, and then checks the conditions again.
_FIND_LOCKED = f"{_FIND} FOR UPDATE"


async def ages(database: Database) -> list[tuple[str, timedelta]]:
    """Return the directories with such a retention time, and the time. Raises DatabaseUnavailable."""
    async with database.connection() as connection:
        rows = await connection.fetch(_AGES)
    return [(row["directory"], timedelta(days=row["unseen_retention_days"])) for row in rows]


async def find(connection: Connection, directory: str, age: timedelta) -> list[str]:
    """Return some persons not seen within `age`."""
    return await _persons(connection, _FIND, directory, age)


async def find_locked(connection: Connection, directory: str, age: timedelta) -> list[str]:
    """Return some persons not seen within `age`, locked until the transaction ends."""
    return await _persons(connection, _FIND_LOCKED, directory, age)


async def _persons(connection: Connection, statement: str, directory: str, age: timedelta) -> list[str]:
    rows = await connection.fetch(statement, directory, age, _AT_ONCE, timeout=_MAX_SECONDS)
    return [row["person"] for row in rows]
