"""Holds persons still while faces go from one to another.

Nothing is enrolled in the directory meanwhile: what was under way before is waited for and moves along, what comes
later finds the persons as they are then. Those concerned are locked in the order of their names.
"""

from collections.abc import Collection

from apiserver.database import Connection
from apiserver.enrolment_lock import MAX_SECONDS, exclude_enrolments
from apiserver.persons import require_directory
from apiserver.problems import PersonNotFound

_LOCK = "SELECT person FROM persons WHERE directory = $1 AND person = ANY ($2::text[]) ORDER BY person FOR UPDATE"
_CHANGED = "UPDATE persons SET revision = revision + 1, updated_at = now() WHERE directory = $1 AND person = $2"


async def lock_persons(
    connection: Connection, directory: str, required: Collection[str], others: Collection[str] = ()
) -> None:
    """Lock persons until the transaction ends, and of `others` those that are there.

    Raises DirectoryNotFound, or PersonNotFound unless all that are `required` are there.
    """
    await require_directory(connection, directory)
    await exclude_enrolments(connection, directory)
    rows = await connection.fetch(_LOCK, directory, [*required, *others], timeout=MAX_SECONDS)
    missing = set(required) - {row["person"] for row in rows}
    if missing:
        raise PersonNotFound(f"There is no person {min(missing)!r} in this directory.")


async def note_change(connection: Connection, directory: str, person: str) -> None:
    """Count that a person has changed."""
    await connection.execute(_CHANGED, directory, person)
