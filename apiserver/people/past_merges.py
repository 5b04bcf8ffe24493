"""The merges of a directory in pages, the latest first, and whether each can be undone."""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from pydantic import TypeAdapter

from apiserver.database.session import Connection
from apiserver.list_keys import Time
from apiserver.people.records import require_directory

# The faces of a merged person are those that an undoing gives back: moved ones, and duplicates of others.
_PAGE = """
SELECT merge, person, merged_at, undone_at,
    (SELECT display_name FROM persons WHERE persons.directory = $1 AND persons.person = listed.person) AS display_name,
    coalesce((
        SELECT jsonb_agg(jsonb_build_object(
            'person', merged.person, 'display_name', merged.display_name, 'faces', moved.faces + (
                SELECT count(*) FROM collapsed_faces AS collapsed
                WHERE collapsed.directory = $1 AND collapsed.merge = merged.merge AND collapsed.person = merged.person
            ), 'best', moved.best,
            'exists', EXISTS (
                SELECT FROM persons WHERE persons.directory = $1 AND persons.person = merged.person
            ),
            'taken', EXISTS (
                SELECT FROM persons WHERE persons.directory = $1 AND persons.external_id = merged.external_id
            )
        ) ORDER BY merged.person)
        FROM merged_persons AS merged CROSS JOIN LATERAL (
            SELECT count(*) AS faces, (array_agg(face ORDER BY recognizability DESC NULLS LAST, face))[1] AS best
            FROM merged_faces AS records JOIN faces USING (face)
            WHERE records.directory = $1 AND records.merge = merged.merge AND records.person = merged.person
            AND faces.directory = $1 AND faces.person = listed.person
        ) AS moved
        WHERE merged.directory = $1 AND merged.merge = listed.merge
    ), '[]') AS persons
FROM (
    SELECT directory, merge, person, merged_at, undone_at FROM merges
    WHERE directory = $1 AND ($5::text IS NULL OR person = $5)
    AND (merged_at, merge) < (coalesce($3::timestamptz, 'infinity'), coalesce($4::uuid, $6))
    ORDER BY merged_at DESC, merge DESC LIMIT $2
) AS listed
ORDER BY merged_at DESC, merge DESC
"""

Key = tuple[Time, UUID]
"""Key of the last item of a page."""

KEY: TypeAdapter[Key] = TypeAdapter(Key)

_LAST = UUID(int=2**128 - 1)


class Obstacle(StrEnum):
    """Why a merge cannot be undone: the code of the problem.

    With `person-exists`, it can be undone into the existing person.
    """

    UNDONE = "merge-undone"
    PERSON_EXISTS = "person-exists"
    EXTERNAL_ID_TAKEN = "external-id-taken"


@dataclass(frozen=True, slots=True)
class MergedPerson:
    """A person that a merge removed. faces: how many would come back; best: the most recognizable of them."""

    person: str
    display_name: str | None
    faces: int
    best: UUID | None


@dataclass(frozen=True, slots=True)
class PastMerge:
    """A merge into `person`, who has the faces now; the removed persons are known until it is undone."""

    merge: UUID
    person: str
    display_name: str | None
    merged_at: datetime
    undone_at: datetime | None
    persons: list[MergedPerson]
    obstacle: Obstacle | None

    @classmethod
    def of(cls, row: Any) -> Self:  # noqa: ANN401 - asyncpg's records have no type
        """Convert a row of a page."""
        removed = json.loads(row["persons"])
        persons = [
            MergedPerson(each["person"], each["display_name"], each["faces"], each["best"] and UUID(each["best"]))
            for each in removed
        ]
        told = (row["merge"], row["person"], row["display_name"], row["merged_at"], row["undone_at"])
        return cls(*told, persons, _obstacle(row["undone_at"], removed))


def _obstacle(undone_at: datetime | None, removed: list[dict[str, Any]]) -> Obstacle | None:
    if undone_at is not None:
        return Obstacle.UNDONE
    if any(each["exists"] for each in removed):
        return Obstacle.PERSON_EXISTS
    return Obstacle.EXTERNAL_ID_TAKEN if any(each["taken"] for each in removed) else None


async def page(
    connection: Connection, directory: str, person: str | None, limit: int, after: Key | None
) -> tuple[list[PastMerge], Key | None]:
    """Return the first `limit` merges before the key `after`, and the key of the next page, if any.

    person: only merges into this person. Raises DirectoryNotFound or DatabaseUnavailable.
    """
    rows = await connection.fetch(_PAGE, directory, limit + 1, *(after or (None, None)), person, _LAST)
    if not rows:
        await require_directory(connection, directory)
    merges = [PastMerge.of(row) for row in rows[:limit]]
    return merges, (merges[-1].merged_at, merges[-1].merge) if len(rows) > limit else None
