"""Stored warnings that an enrolled face may show another person, until somebody says that the face is right.

A doubt belongs to the person who had the face when it was compared. It goes with the face and with either person; a
face that is moved to somebody else is compared again.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Self
from uuid import UUID

from pydantic import TypeAdapter

from apiserver.database.session import Connection
from apiserver.list_keys import Time
from apiserver.people import faces as person_faces
from apiserver.people.faces import EnrolledFace
from apiserver.people.records import Person, read_all, require_directory
from apiserver.problems import WarningNotFound

RESEMBLES_ANOTHER = "enrolled-as-another"
"""The doubt about a pair of persons rather than about a face: who says that they are two settles it."""

# Rows that were deleted since the comparison are left out. A face that is right stays right whatever is found later,
# and so do two persons who are two.
_KEEP = f"""
INSERT INTO face_warnings AS known
    (directory, face, code, person, other, value, threshold, checked_at, dismissed_at, dismissal)
SELECT $1, found.face, found.code, found.person, found.other, found.value, found.threshold, clock_timestamp(),
    coalesce(earlier.dismissed_at, pair.dismissed_at),
    CASE WHEN earlier.dismissed_at IS NOT NULL THEN 'face' WHEN pair.dismissed_at IS NOT NULL THEN 'pair' END
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::float8[], $7::float8[])
    AS found (face, person, code, other, value, threshold)
LEFT JOIN LATERAL (
    SELECT max(dismissed_at) AS dismissed_at FROM face_warnings AS earlier
    WHERE earlier.directory = $1 AND earlier.face = found.face AND earlier.person = found.person
    AND earlier.dismissal = 'face'
) AS earlier ON true
LEFT JOIN LATERAL (
    SELECT max(dismissed_at) AS dismissed_at FROM lookalikes
    WHERE lookalikes.directory = $1 AND found.code = '{RESEMBLES_ANOTHER}'
    AND least(lookalikes.person, lookalikes.other) = least(found.person, found.other)
    AND greatest(lookalikes.person, lookalikes.other) = greatest(found.person, found.other)
) AS pair ON true
WHERE EXISTS (
    SELECT FROM faces WHERE faces.directory = $1 AND faces.face = found.face AND faces.person = found.person
) AND (found.other IS NULL OR EXISTS (
    SELECT FROM persons WHERE persons.directory = $1 AND persons.person = found.other
))
ON CONFLICT (directory, face, code) DO UPDATE SET
    person = excluded.person, other = excluded.other, value = excluded.value, threshold = excluded.threshold,
    checked_at = excluded.checked_at,
    found_at = CASE WHEN known.person = excluded.person THEN known.found_at ELSE excluded.found_at END,
    dismissed_at = excluded.dismissed_at, dismissal = excluded.dismissal
"""

# The first page has a key too: a condition that may be NULL would not be one of the index.
_PAGE = """
SELECT face, code, person, other, value, threshold, found_at, dismissed_at FROM face_warnings
WHERE directory = $1 AND (dismissed_at IS NOT NULL) = $3 AND ($4::text[] IS NULL OR code = ANY ($4))
AND ($5::text IS NULL OR person = $5)
AND (found_at, face, code) < (coalesce($6::timestamptz, 'infinity'), coalesce($7::uuid, $9), coalesce($8::text, ''))
ORDER BY found_at DESC, face DESC, code DESC LIMIT $2
"""

# least: the earlier of two times, and now if there is none. Citus evaluates now() here, but not within coalesce.
_DISMISS = """
UPDATE face_warnings SET dismissed_at = least(dismissed_at, now()), dismissal = 'face'
WHERE directory = $1 AND face = $2 RETURNING true
"""
_REOPEN = """
UPDATE face_warnings SET dismissed_at = NULL, dismissal = NULL WHERE directory = $1 AND face = $2 RETURNING true
"""
_DELETE_UNCONFIRMED = """
DELETE FROM face_warnings WHERE directory = $1 AND checked_at < $2 AND dismissed_at IS NULL
"""
_FORGET = "DELETE FROM face_warnings WHERE directory = $1 AND face = ANY ($2::uuid[])"

Key = tuple[Time, UUID, str]
"""Key of the last item of a page."""

KEY: TypeAdapter[Key] = TypeAdapter(Key)

_LAST = UUID(int=2**128 - 1)


class FoundDoubt(NamedTuple):
    """A warning about a face of a person. other: the person that it resembles, if that is the warning."""

    face: UUID
    person: str
    code: str
    other: str | None
    value: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Doubt:
    """A kept doubt about a face."""

    face: EnrolledFace
    code: str
    other: Person | None
    value: float
    threshold: float
    found_at: datetime
    dismissed_at: datetime | None

    @classmethod
    def of(cls, row: Any, face: EnrolledFace, other: Person | None) -> Self:  # noqa: ANN401 - records have no type
        """Convert a row to a doubt about `face`."""
        values = (row["code"], other, row["value"], row["threshold"], row["found_at"], row["dismissed_at"])
        return cls(face, *values)


class Wanted(NamedTuple):
    """Which doubts a list has: those that were dismissed or not, with one of the codes, about faces of a person."""

    dismissed: bool = False
    codes: Sequence[str] | None = None
    person: str | None = None


async def keep(connection: Connection, directory: str, found: Iterable[FoundDoubt]) -> None:
    """Keep what a comparison has found about faces; what is dismissed stays dismissed. Raises DatabaseUnavailable."""
    if rows := list(found):
        await connection.execute(_KEEP, directory, *map(list, zip(*rows, strict=True)))


async def page(
    connection: Connection, directory: str, wanted: Wanted, limit: int, after: Key | None
) -> tuple[list[Doubt], Key | None]:
    """Return the first `limit` doubts after the key `after`, the latest first, and the key of the next page, if any.

    Raises DirectoryNotFound or DatabaseUnavailable.
    """
    rows = await connection.fetch(_PAGE, directory, limit + 1, *wanted, *(after or (None, None, None)), _LAST)
    if not rows:
        await require_directory(connection, directory)
    faces = await person_faces.read_all(connection, directory, [row["face"] for row in rows[:limit]])
    others = await read_all(connection, directory, [row["other"] for row in rows[:limit] if row["other"]])
    doubts = [
        Doubt.of(row, faces[row["face"]], others.get(row["other"])) for row in rows[:limit] if row["face"] in faces
    ]
    last = rows[limit - 1] if len(rows) > limit else None
    return doubts, last and (last["found_at"], last["face"], last["code"])


async def dismiss(connection: Connection, directory: str, face: UUID) -> None:
    """Record that a face is right. Raises DirectoryNotFound, WarningNotFound or DatabaseUnavailable."""
    await _change(connection, _DISMISS, directory, face)


async def reopen(connection: Connection, directory: str, face: UUID) -> None:
    """Take back that a face is right. Raises DirectoryNotFound, WarningNotFound or DatabaseUnavailable."""
    await _change(connection, _REOPEN, directory, face)


async def _change(connection: Connection, statement: str, directory: str, face: UUID) -> None:
    if not await connection.fetchval(statement, directory, face):
        await require_directory(connection, directory)
        raise WarningNotFound


async def delete_unconfirmed(connection: Connection, directory: str, since: datetime) -> None:
    """Delete the doubts that a comparison, begun at `since`, did not find again. Raises DatabaseUnavailable."""
    await connection.execute(_DELETE_UNCONFIRMED, directory, since)


async def forget(connection: Connection, directory: str, faces: Collection[UUID]) -> None:
    """Delete all doubts about faces that get another person. Raises DatabaseUnavailable."""
    await connection.execute(_FORGET, directory, list(faces))
