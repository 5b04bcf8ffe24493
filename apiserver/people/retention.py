"""Persons that their directory no longer keeps: not seen within its time, or without consent for as long as it sets."""

from datetime import timedelta
from typing import NamedTuple

from apiserver.database.pool import Database
from apiserver.database.session import Connection

_AT_ONCE = 100
_MAX_SECONDS = 600


class Retention(NamedTuple):
    """A rule of directories. days: the setting's column. outdated: the condition, with the directory $1 and time $2."""

    days: str
    outdated: str

    @property
    def find(self) -> str:
        """The statement for at most $3 persons."""
        return f"SELECT person FROM persons WHERE directory = $1 AND {self.outdated} LIMIT $3"


UNSEEN = Retention(
    "unseen_retention_days",
    """coalesce(last_seen_at, '-infinity'::timestamptz) < now() - $2::interval
AND created_at < now() - $2::interval
AND NOT EXISTS (
    SELECT FROM faces
    WHERE faces.directory = $1 AND faces.person = persons.person AND faces.created_at >= now() - $2::interval
)""",
)
"""Persons who were neither recognized nor enrolled within the time."""

# Without a consent, its end is -infinity: such persons have not ended one.
CONSENT_ENDED = Retention(
    "delete_without_consent_days",
    "consent_ends_at > '-infinity'::timestamptz AND consent_ends_at <= now() - $2::interval",
)
"""Persons whose consent expired, or was withdrawn, so long ago."""


async def ages(database: Database, rule: Retention, directory: str | None = None) -> list[tuple[str, timedelta]]:
    """Return the directories with such a rule, and its time; only that of one directory if it is given.

    Raises DatabaseUnavailable.
    """
    statement = f"SELECT directory, {rule.days} AS days FROM directories WHERE {rule.days} IS NOT NULL"
    async with database.connection() as connection:
        if directory is None:
            rows = await connection.fetch(statement)
        else:
            rows = await connection.fetch(f"{statement} AND directory = $1", directory)
    return [(row["directory"], timedelta(days=row["days"])) for row in rows]


async def find(connection: Connection, directory: str, rule: Retention, age: timedelta) -> list[str]:
    """Return some outdated persons."""
    return await _persons(connection, rule.find, directory, age)


async def find_locked(connection: Connection, directory: str, rule: Retention, age: timedelta) -> list[str]:
    """Return some outdated persons, locked until the transaction ends.

    Waits for concurrent updates of a person, and then checks the conditions again.
    """
    return await _persons(connection, f"{rule.find} FOR UPDATE", directory, age)


async def _persons(connection: Connection, statement: str, directory: str, age: timedelta) -> list[str]:
    rows = await connection.fetch(statement, directory, age, _AT_ONCE, timeout=_MAX_SECONDS)
    return [row["person"] for row in rows]
