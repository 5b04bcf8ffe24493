"""Receipts of deletions. The receipt of a finished deletion keeps counts and times, but not the person's name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from apiserver.audit import records as audit
from apiserver.database.pool import Database, Share
from apiserver.problems import DeletionNotFound
from apiserver.tagged_ids import TaggedIds

COLUMNS = "deletion, directory, person, face, persons, faces, images, requested_at, finished_at, subject"
"""Columns of `deletions`, in the order of the fields of Receipt."""

_READ = f"SELECT {COLUMNS} FROM deletions WHERE directory = $2 AND deletion = $1"  # noqa: S608
_READ_UNTAGGED = f"SELECT {COLUMNS} FROM deletions WHERE deletion = $1"  # noqa: S608

_FINISH = """
UPDATE deletions SET finished_at = now(), person = NULL
WHERE directory = $1 AND deletion = $2 AND finished_at IS NULL
AND NOT EXISTS (SELECT FROM images WHERE directory = $1 AND deletion = $2)
RETURNING true
"""

_IS_FINISHED = "SELECT finished_at IS NOT NULL FROM deletions WHERE directory = $1 AND deletion = $2"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was deleted, how much, when the last object was deleted, if it is, and who asked for it."""

    deletion: UUID
    directory: str
    person: str | None
    face: UUID | None
    persons: int
    faces: int
    images: int
    requested_at: datetime
    finished_at: datetime | None
    subject: str | None


async def read(database: Database, tagged_ids: TaggedIds, deletion: UUID) -> Receipt:
    """Return the receipt of a deletion. Raises DeletionNotFound or DatabaseUnavailable."""
    directories = await tagged_ids.directories(deletion)
    row: Sequence[Any] | None = None
    async with database.unbound(Share.READS) as connection:  # an address of a deletion names no directory
        if not directories:
            row = await connection.fetchrow(_READ_UNTAGGED, deletion)
        for directory in directories:
            row = row or await connection.fetchrow(_READ, deletion, directory)
    if row is None:
        raise DeletionNotFound
    return Receipt(*row)


async def finish(database: Database, directory: str, deletion: UUID) -> bool:
    """Mark a deletion as finished if its last object is deleted; return whether it is. Raises DatabaseUnavailable."""
    async with database.connection() as connection, connection.transaction():
        if await connection.fetchval(_FINISH, directory, deletion):
            await audit.record(connection, directory=directory, object_=deletion, counts={"finished": 1})
        return bool(await connection.fetchval(_IS_FINISHED, directory, deletion))
