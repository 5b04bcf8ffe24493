"""Pairs of persons who may be one person, until somebody says that they are two."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, NamedTuple

from pydantic import Field, TypeAdapter

from apiserver.database.session import Connection
from apiserver.people.doubts import RESEMBLES_ANOTHER
from apiserver.people.records import Person, read_all, require_directory
from apiserver.problems import InvalidField, PersonNotFound

# What an earlier comparison found of the pairs. In a separate statement: Citus has no parameters in DO UPDATE.
_FORGET = """
UPDATE lookalikes AS known SET similarity = NULL FROM unnest($2::text[], $3::text[]) AS found (person, other)
WHERE directory = $1 AND checked_at < $4
AND least(known.person, known.other) = least(found.person, found.other)
AND greatest(known.person, known.other) = greatest(found.person, found.other)
"""
# Persons who were deleted since the comparison are left out. A pair is one row, whichever of the two was compared.
_KEEP = """
INSERT INTO lookalikes AS known (directory, person, other, similarity, checked_at)
SELECT $1, found.person, found.other, max(found.similarity), clock_timestamp()
FROM unnest($2::text[], $3::text[], $4::float8[]) AS found (person, other, similarity)
WHERE EXISTS (SELECT FROM persons WHERE persons.directory = $1 AND persons.person = found.person)
AND EXISTS (SELECT FROM persons WHERE persons.directory = $1 AND persons.person = found.other)
GROUP BY found.person, found.other
ON CONFLICT (directory, least(person, other), greatest(person, other)) DO UPDATE SET
    similarity = greatest(known.similarity, excluded.similarity), checked_at = excluded.checked_at
"""

_PAGE = """
SELECT person, other, similarity, found_at, dismissed_at FROM lookalikes
WHERE directory = $1 AND (dismissed_at IS NOT NULL) = $3 AND ($4::text IS NULL OR $4 IN (person, other))
AND (coalesce(similarity, -2), person, other) < ($5::float8, $6::text, $7::text)
ORDER BY coalesce(similarity, -2) DESC, person DESC, other DESC LIMIT $2
"""

_DISMISS = """
INSERT INTO lookalikes AS known (directory, person, other, dismissed_at)
SELECT $1, one.person, another.person, now() FROM persons AS one, persons AS another
WHERE one.directory = $1 AND one.person = $2 AND another.directory = $1 AND another.person = $3
ON CONFLICT (directory, least(person, other), greatest(person, other)) DO UPDATE SET
    dismissed_at = coalesce(known.dismissed_at, excluded.dismissed_at)
RETURNING true
"""
_DISMISS_DOUBTS = f"""
UPDATE face_warnings SET dismissed_at = now(), dismissal = 'pair'
WHERE directory = $1 AND code = '{RESEMBLES_ANOTHER}' AND dismissed_at IS NULL
AND (person = $2 AND other = $3 OR person = $3 AND other = $2)
"""
# A pair that nobody has found is there for its dismissal only.
_REOPEN = """
WITH unfound AS (
    DELETE FROM lookalikes WHERE directory = $1 AND similarity IS NULL
    AND (person = $2 AND other = $3 OR person = $3 AND other = $2) RETURNING 1
), found AS (
    UPDATE lookalikes SET dismissed_at = NULL WHERE directory = $1 AND similarity IS NOT NULL
    AND (person = $2 AND other = $3 OR person = $3 AND other = $2) RETURNING 1
)
SELECT (SELECT count(*) FROM unfound) + (SELECT count(*) FROM found)
"""
_REOPEN_DOUBTS = """
UPDATE face_warnings SET dismissed_at = NULL, dismissal = NULL
WHERE directory = $1 AND dismissal = 'pair' AND (person = $2 AND other = $3 OR person = $3 AND other = $2)
"""
_DELETE_UNCONFIRMED = "DELETE FROM lookalikes WHERE directory = $1 AND checked_at < $2 AND dismissed_at IS NULL"

Key = tuple[Annotated[float, Field(ge=-2, le=2)], str, str]
"""Key of the last item of a page: similarity and both persons."""

KEY: TypeAdapter[Key] = TypeAdapter(Key)

_FIRST: Key = (2.0, "", "")
"""Before all pairs: no similarity is as high."""


class FoundPair(NamedTuple):
    """Two persons of whom one has a face with this cosine to the other."""

    person: str
    other: str
    similarity: float


class Lookalikes(NamedTuple):
    """Two persons, and the highest cosine of a face of one with the other; None if none was found."""

    persons: tuple[Person, Person]
    similarity: float | None
    found_at: datetime
    dismissed_at: datetime | None


async def keep(connection: Connection, directory: str, found: Iterable[FoundPair], since: datetime) -> None:
    """Keep pairs that a comparison, begun at `since`, has found; dismissed ones stay so. Raises DatabaseUnavailable."""
    best: dict[tuple[str, str], float] = {}
    for person, other, similarity in found:
        pair = (min(person, other), max(person, other))
        best[pair] = max(similarity, best.get(pair, -1.0))
    if best:
        persons, others = [person for person, _ in best], [other for _, other in best]
        async with connection.transaction():
            await connection.execute(_FORGET, directory, persons, others, since)
            await connection.execute(_KEEP, directory, persons, others, list(best.values()))


async def page(
    connection: Connection, directory: str, limit: int, after: Key | None, *, dismissed: bool, person: str | None
) -> tuple[list[Lookalikes], Key | None]:
    """Return the first `limit` pairs after the key `after`, the most alike first, and the key of the next page, if any.

    person: only pairs with this person. Raises DirectoryNotFound or DatabaseUnavailable.
    """
    rows = await connection.fetch(_PAGE, directory, limit + 1, dismissed, person, *(after or _FIRST))
    if not rows:
        await require_directory(connection, directory)
    found = await read_all(connection, directory, [row[name] for row in rows[:limit] for name in ("person", "other")])
    pairs = [
        Lookalikes((found[row["person"]], found[row["other"]]), row["similarity"], row["found_at"], row["dismissed_at"])
        for row in rows[:limit]
        if row["person"] in found and row["other"] in found
    ]
    last = rows[limit - 1] if len(rows) > limit else None
    similarity = -2.0 if last is None or last["similarity"] is None else last["similarity"]
    return pairs, last and (similarity, last["person"], last["other"])


async def dismiss(connection: Connection, directory: str, person: str, other: str) -> None:
    """Record that two persons are two.

    Raises DirectoryNotFound, PersonNotFound, InvalidField or DatabaseUnavailable.
    """
    if person == other:
        raise InvalidField("The two persons are the same.")
    async with connection.transaction():
        if not await connection.fetchval(_DISMISS, directory, person, other):
            await require_directory(connection, directory)
            raise PersonNotFound
        await connection.execute(_DISMISS_DOUBTS, directory, person, other)


async def reopen(connection: Connection, directory: str, person: str, other: str) -> None:
    """Undo the dismissal of a pair of persons. Raises DirectoryNotFound, PersonNotFound or DatabaseUnavailable."""
    async with connection.transaction():
        if not await connection.fetchval(_REOPEN, directory, person, other):
            await require_directory(connection, directory)
            raise PersonNotFound("The two persons are not listed as look-alikes.")
        await connection.execute(_REOPEN_DOUBTS, directory, person, other)


async def delete_unconfirmed(connection: Connection, directory: str, since: datetime) -> None:
    """Delete the pairs that a comparison, begun at `since`, did not find again. Raises DatabaseUnavailable."""
    await connection.execute(_DELETE_UNCONFIRMED, directory, since)
