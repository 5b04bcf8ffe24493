"""The enrolled faces of a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, NamedTuple, Self
from uuid import UUID

from pydantic import Field, TypeAdapter

from apiserver.biometrics.face import Box, FaceOrigin
from apiserver.database.session import Connection
from apiserver.list_keys import Time
from apiserver.people import records as persons
from apiserver.problems import FaceNotFound

_COLUMNS = "face, person, model, box, score, quality, recognizability, origin, image, created_at"

# No index supports this order: a person's faces are found by the unique index of photographs, and are few to sort.
_PAGE = f"""
SELECT {_COLUMNS} FROM faces WHERE directory = $1 AND person = $2
AND ($4::timestamptz IS NULL OR (created_at, face) > ($4, $5::uuid))
ORDER BY created_at, face LIMIT $3
"""
_READ = f"SELECT {_COLUMNS} FROM faces WHERE directory = $1 AND person = $2 AND face = $3"
_READ_ALL = f"SELECT {_COLUMNS} FROM faces WHERE directory = $1 AND face = ANY ($2)"
_CROP = "SELECT crop, crop_key, image_sha256, box FROM faces WHERE directory = $1 AND person = $2 AND face = $3"

# The first page has a key too, which is below all others: a condition that may be NULL would not be one of the index.
_DIRECTORY_PAGE = f"SELECT {_COLUMNS} FROM faces WHERE directory = $1 AND face >= $3 ORDER BY face LIMIT $2"
_UNRECOGNIZABLE = f"""
SELECT {_COLUMNS} FROM faces WHERE directory = $1 AND model = $3 AND recognizability < $4
AND (recognizability, face) >= ($5, $6) ORDER BY recognizability, face LIMIT $2
"""

Key = tuple[Time, UUID]
"""Key of the last item of a page."""

KEY: TypeAdapter[Key] = TypeAdapter(Key)

DIRECTORY_KEY: TypeAdapter[tuple[UUID]] = TypeAdapter(tuple[UUID])

RecognizabilityKey = tuple[Annotated[float, Field(ge=0, le=1)], UUID]

RECOGNIZABILITY_KEY: TypeAdapter[RecognizabilityKey] = TypeAdapter(RecognizabilityKey)

_NO_FACE = UUID(int=0)


class Floor(NamedTuple):
    """A recognizability, and the model that measured it."""

    model: str
    recognizability: float


@dataclass(frozen=True, slots=True)
class EnrolledFace:
    """A face of a person.

    image: key of the photograph, None if it was imported without it. quality: measured values, as JSON.
    recognizability: 0 to 1, None if it was not measured. origin: of the embedding, None if it was not recorded.
    """

    face: UUID
    person: str
    model: str
    box: Box
    score: float
    quality: str | None
    recognizability: float | None
    origin: FaceOrigin | None
    image: str | None
    created_at: datetime

    @classmethod
    def of(cls, row: Any) -> Self:  # noqa: ANN401 - asyncpg's records have no type
        """Convert a row to a face."""
        origin = FaceOrigin(row["origin"]) if row["origin"] else None
        return cls(**{**row, "box": tuple(row["box"]), "origin": origin})


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


async def page_of_directory(
    connection: Connection, directory: str, limit: int, first: tuple[UUID] | None
) -> tuple[list[EnrolledFace], tuple[UUID] | None]:
    """Return `limit` faces of a directory from the key `first` on, ordered by id, and the first key of the next page.

    Raises DirectoryNotFound or DatabaseUnavailable.
    """
    faces, following = await _page(connection, directory, _DIRECTORY_PAGE, limit, *(first or (_NO_FACE,)))
    return faces, (following.face,) if following else None


async def unrecognizable(
    connection: Connection, directory: str, below: Floor, limit: int, first: RecognizabilityKey | None
) -> tuple[list[EnrolledFace], RecognizabilityKey | None]:
    """Return `limit` faces below a floor from the key `first` on, the least recognizable first, and the next such key.

    Raises DirectoryNotFound or DatabaseUnavailable.
    """
    values = (*below, *(first or (0.0, _NO_FACE)))
    faces, following = await _page(connection, directory, _UNRECOGNIZABLE, limit, *values)
    return faces, (following.recognizability or 0.0, following.face) if following else None


async def _page(
    connection: Connection, directory: str, statement: str, limit: int, *values: object
) -> tuple[list[EnrolledFace], EnrolledFace | None]:
    """Return the first `limit` faces that a statement finds, and the one after them."""
    rows = await connection.fetch(statement, directory, limit + 1, *values)
    if not rows:
        await persons.require_directory(connection, directory)
    faces = [EnrolledFace.of(row) for row in rows]
    return faces[:limit], faces[limit] if len(faces) > limit else None


async def read(connection: Connection, directory: str, person: str, face: UUID) -> EnrolledFace:
    """Return a face. Raises DirectoryNotFound, PersonNotFound, FaceNotFound or DatabaseUnavailable."""
    row = await connection.fetchrow(_READ, directory, person, face)
    if row is None:
        await persons.read(connection, directory, person)
        raise FaceNotFound
    return EnrolledFace.of(row)


async def read_all(connection: Connection, directory: str, faces: Sequence[UUID]) -> dict[UUID, EnrolledFace]:
    """Return those of the faces that exist, by id. Raises DatabaseUnavailable."""
    rows = await connection.fetch(_READ_ALL, directory, faces) if faces else []
    return {row["face"]: EnrolledFace.of(row) for row in rows}


async def crop(connection: Connection, directory: str, person: str, face: UUID) -> Mapping[str, Any]:
    """Return the aligned crop of a face as it is stored, and what it is decrypted with. Raises as `read` does."""
    found: Mapping[str, Any] | None = await connection.fetchrow(_CROP, directory, person, face)
    if found is None:
        await persons.read(connection, directory, person)
        raise FaceNotFound
    return found
