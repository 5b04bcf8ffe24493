"""Lists of faces that do not resemble their person's other photographs.

The list of a directory is as long as the comparison of all its faces, so a page ends after some comparisons, perhaps
without a face, and the next one continues from there.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import TypeAdapter

from apiserver.biometrics.model import Model
from apiserver.biometrics.open_set import OWN_FACES_A_LIKENESS, likeness_limit
from apiserver.database.session import Connection
from apiserver.people import faces as person_faces
from apiserver.people import records as persons
from apiserver.people.faces import EnrolledFace

OWN = f"""
count(*) AS faces, max(similarity) AS best,
(array_agg(similarity ORDER BY similarity DESC))[ceil(count(*) / {OWN_FACES_A_LIKENESS}.0)::integer] AS similarity
"""
"""Columns of a face's `similarity` to the person's other faces: their number, the best, that of `likeness_rank`."""

_AT_ONCE = 2_000
"""Faces that are compared for a page."""
_MAX_OTHERS = 100
"""Other faces of the person with which a face is compared."""

# A face is compared with those of other photographs. The subquery applies the limit first; a person with one face, as
# most are, costs one look into an index.
_COMPARE = f"""
SELECT compared.person, compared.face, own.faces, own.similarity
FROM (
    SELECT person, face, embedding, image_sha256 FROM faces
    WHERE directory = $1 AND model = $2 AND {{where}} ORDER BY person, face LIMIT $3
) AS compared
CROSS JOIN LATERAL (
    SELECT {OWN} FROM (
        SELECT least(-(embedding <#> compared.embedding), 1) AS similarity FROM faces AS others
        WHERE others.directory = $1 AND others.model = $2 AND others.person = compared.person
        AND others.image_sha256 <> compared.image_sha256 LIMIT $4
    ) AS others
) AS own
ORDER BY compared.person, compared.face
"""
# Without a condition that may be NULL, every plan begins at the key instead of reading all faces before it.
_OF_DIRECTORY = _COMPARE.format(where="(person, face) > ($5, $6)")
_OF_PERSON = _COMPARE.format(where="person = $7 AND (person, face) > ($5, $6)")

Key = tuple[str, UUID]
"""Person and id of the last face that was compared."""

KEY: TypeAdapter[Key] = TypeAdapter(Key)

_BEFORE_ALL: Key = ("", UUID(int=0))
"""Nobody has an empty name."""


class Whose(NamedTuple):
    """The faces of a person, or of a whole directory, under a model."""

    directory: str
    person: str | None
    model: Model


class UnlikeFace(NamedTuple):
    """A face whose cosine with a third of its person's other photographs is below the limit."""

    face: EnrolledFace
    similarity: float
    limit: float


class _Compared(NamedTuple):
    key: Key
    similarity: float
    limit: float


async def page(
    connection: Connection, whose: Whose, limit: int, after: Key | None
) -> tuple[list[UnlikeFace], Key | None]:
    """Return up to `limit` faces after the key `after`, and the key of the next page.

    Raises DirectoryNotFound, PersonNotFound or DatabaseUnavailable.
    """
    rows = await _compare(connection, whose, after)
    unlike = [each for each in _compared(rows, whose.model) if each.similarity < each.limit]
    if len(unlike) > limit:
        return await _read(connection, whose.directory, unlike[:limit]), unlike[limit - 1].key
    following = _key(rows[-1]) if len(rows) == _AT_ONCE else None
    return await _read(connection, whose.directory, unlike), following


async def _compare(connection: Connection, whose: Whose, after: Key | None) -> list[Any]:
    values = [whose.directory, whose.model.id, _AT_ONCE, _MAX_OTHERS, *(after or _BEFORE_ALL)]
    if whose.person is None:
        rows = await connection.fetch(_OF_DIRECTORY, *values)
        if not rows:
            await persons.require_directory(connection, whose.directory)
    else:
        rows = await connection.fetch(_OF_PERSON, *values, whose.person)
        if not rows:
            await persons.read(connection, whose.directory, whose.person)
    return list(rows)


def _compared(rows: Iterable[Any], model: Model) -> Iterator[_Compared]:
    """Yield the faces of persons with photographs to compare."""
    for row in rows:
        if row["faces"]:
            yield _Compared(_key(row), row["similarity"], likeness_limit(model.tail, row["faces"]))


def _key(row: Any) -> Key:  # noqa: ANN401 - asyncpg's records have no type
    return row["person"], row["face"]


async def _read(connection: Connection, directory: str, unlike: list[_Compared]) -> list[UnlikeFace]:
    """Return the faces that still exist."""
    faces = await person_faces.read_all(connection, directory, [each.key[1] for each in unlike])
    return [UnlikeFace(faces[each.key[1]], *each[1:]) for each in unlike if each.key[1] in faces]
