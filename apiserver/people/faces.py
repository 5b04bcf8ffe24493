"""The enrolled faces of a person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import TypeAdapter

from apiserver.biometrics.face import Box
from apiserver.database import Connection
from apiserver.list_keys import Time
from apiserver.people import records as persons
from apiserver.problems import FaceNotFound

_COLUMNS = "face, person, model, box, score, quality, image, created_at"

# No index supports this order: a person's faces are found by the unique index of photographs, and are few to sort.
_PAGE = f"""
SELECT {_COLUMNS} FROM faces WHERE directory = $1 AND person = $2
AND ($4::timestamptz IS NULL OR (created_at, face) > ($4, $5::uuid))
ORDER BY created_at, face LIMIT $3
"""
_READ = f"SELECT {_COLUMNS} FROM faces WHERE directory = $1 AND person = $2 AND face = $3"
_CROP = "SELECT crop FROM faces WHERE directory = $1 AND person = $2 AND face = $3"

Key = tuple[Time, UUID]
"""Key of the last item of a page."""

KEY: TypeAdapter[Key] = TypeAdapter(Key)


@dataclass(frozen=True, slots=True)
class EnrolledFace:
    """A face of a person.

    image: key of the photograph, None if it was imported without it. quality: measured values, as JSON.
    """

    face: UUID
    person: str
    model: str
    box: Box
    score: float
    quality: str | None
    image: str | None
    created_at: datetime

    @classmethod
    def of(cls, row: Any) -> Self:  # noqa: ANN401 - asyncpg's records have no type
        """Convert a row to a face."""
        return cls(**{**row, "box": tuple(row["box"])})


async def page(
    connection: Connection, directory: str, person: str, limit: int, after: Key | None
) -> tuple[list[EnrolledFace], Key | None]:
    """Return the first `limit` faces after the key `after`, the oldest first, and the key of the next page, if any.

    Raises DirectoryNotFound, PersonNotFound or DatabaseUnavailable.
    """
    rows = await connection.fetch(_PAGE, directory, person, limit + 1, *(after or (None, None)))
    if not rows:
        await persons.read(connection, directory, person)
    faces = [EnrolledFace.of(row) for row in rows[:limit]]
    return faces, (faces[-1].created_at, faces[-1].face) if len(rows) > limit else None


async def read(connection: Connection, directory: str, person: str, face: UUID) -> EnrolledFace:
    """Return a face. Raises DirectoryNotFound, PersonNotFound, FaceNotFound or DatabaseUnavailable."""
    row = await connection.fetchrow(_READ, directory, person, face)
    if row is None:
        await persons.read(connection, directory, person)
        raise FaceNotFound
    return EnrolledFace.of(row)


async def crop(connection: Connection, directory: str, person: str, face: UUID) -> bytes:
    """Return the aligned crop of a face, a JPEG of 112 x 112 pixels. Raises as `read` does."""
    found: bytes | None = await connection.fetchval(_CROP, directory, person, face)
    if found is None:
        await persons.read(connection, directory, person)
        raise FaceNotFound
    return found
