"""Locks on persons whose faces are being moved.

Enrolments are excluded from the directory until then: earlier ones are waited for and included, later ones see the
result. The persons are locked in the order of their names, to prevent deadlocks.
"""

from collections.abc import Collection

from apiserver.database import Connection
from apiserver.directories.lock import MAX_SECONDS, exclude_enrolments
from apiserver.people.records import require_directory
from apiserver.problems import PersonNotFound

_LOCK = "SELECT person FROM persons WHERE directory = $1 AND person = ANY ($2::text[]) ORDER BY person FOR UPDATE"
_CHANGED = "UPDATE persons SET revision = revision + 1, updated_at = now() WHERE directory = $1 AND person = $2"


async def lock_persons(
    connection: Connection, directory: str, required: Collection[str], others: Collection[str] = ()
) -> None:
    """Lock the `required` persons, and those of `others` who exist, until the transaction ends.

    Raises DirectoryNotFound, or PersonNotFound if a required person does not exist.
    """
    await require_directory(connection, directory)
    await exclude_enrolments(connection, directory)
    rows = await connection.fetch(_LOCK, directory, [*required, *others], timeout=MAX_SECONDS)
    missing = set(required) - {row["person"] for row in rows}
    if missing:
        raise PersonNotFound(f"The person {min(missing)!r} does not exist in the directory.")


async def note_change(connection: Connection, directory: str, person: str) -> None:
    """Increment the revision of a person."""
    await connection.execute(_CHANGED, directory, person)
