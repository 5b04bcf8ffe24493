"""The enrolled faces of a directory whose photographs are kept, in numbered pages and by their ids."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from pgvector import HalfVector

from apiserver.biometrics.face import Embedding
from apiserver.consent import ENROLLABLE
from apiserver.database.session import Connection

_COUNT = """
SELECT count(*) FROM faces WHERE directory = $1 AND image IS NOT NULL AND ($2::text IS NULL OR person = $2)
"""
_PAGE = """
SELECT face, person FROM faces WHERE directory = $1 AND image IS NOT NULL AND ($2::text IS NULL OR person = $2)
ORDER BY face LIMIT $3 OFFSET $4
"""

_IDS = "SELECT face FROM faces WHERE directory = $1 AND ($2::text IS NULL OR person = $2)"
_OWNERS = "SELECT face, person FROM faces WHERE directory = $1 AND face = ANY ($2)"
_OWNER = "SELECT person, image FROM faces WHERE directory = $1 AND face = $2"

# <#> is the negative inner product. A person who is restricted or lacks a consent that is required resembles nobody.
_COSINES = f"""
SELECT faces.person, ARRAY(
    SELECT -(faces.embedding <#> probe::halfvec) FROM unnest($4::text[]) WITH ORDINALITY AS probes (probe, n) ORDER BY n
) AS cosines
FROM faces JOIN persons USING (directory, person)
WHERE faces.directory = $1 AND persons.directory = $1 AND face = $2 AND model = $3 AND NOT restricted
AND {ENROLLABLE.format(person="faces.person")}
"""


class Owned(NamedTuple):
    """A face and its person."""

    face: UUID
    person: str


class Kept(NamedTuple):
    """The person of a face, and the key of its photograph, None if it was imported without it."""

    person: str
    image: str | None


class Compared(NamedTuple):
    """The person of a face, and the cosines of its embedding with others."""

    person: str
    cosines: list[float]


async def count(connection: Connection, directory: str, person: str | None) -> int:
    """Return how many faces with photographs a person has, or all persons. Raises DatabaseUnavailable."""
    return int(await connection.fetchval(_COUNT, directory, person))


async def page(connection: Connection, directory: str, person: str | None, limit: int, skipped: int) -> list[Owned]:
    """Return a page of the faces of a person, or of all, ordered by id. Raises DatabaseUnavailable."""
    return [Owned(*row) for row in await connection.fetch(_PAGE, directory, person, limit, skipped)]


async def ids(connection: Connection, directory: str, person: str | None) -> list[UUID]:
    """Return all faces of a person, or of all, with photographs or without. Raises DatabaseUnavailable."""
    return [row["face"] for row in await connection.fetch(_IDS, directory, person)]


async def owners(connection: Connection, directory: str, faces: Sequence[UUID]) -> list[Owned]:
    """Return those of the faces that exist. Raises DatabaseUnavailable."""
    return [Owned(*row) for row in await connection.fetch(_OWNERS, directory, faces)]


async def find(connection: Connection, directory: str, face: UUID) -> Kept | None:
    """Return whose face it is, and its photograph; None if there is no such face. Raises DatabaseUnavailable."""
    row = await connection.fetchrow(_OWNER, directory, face)
    return Kept(*row) if row else None


async def compare(
    connection: Connection, directory: str, face: UUID, model: str, embeddings: Sequence[Embedding]
) -> Compared | None:
    """Return the cosines of a face with embeddings; None if there is no such face of the model, or nobody may see it.

    Raises DatabaseUnavailable.
    """
    probes = [HalfVector(each).to_text() for each in embeddings]
    row = await connection.fetchrow(_COSINES, directory, face, model, probes)
    # Rounded to halves, an embedding's length is not quite one.
    return row and Compared(row["person"], [max(-1.0, min(1.0, each)) for each in row["cosines"]])
