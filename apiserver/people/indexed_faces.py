"""Faces as clients of Amazon Rekognition see them: each stands for itself until it is associated with a user.

A face stands for itself if it belongs to the person whose id is its own. Every other person is a user, however its
faces were enrolled.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self
from uuid import UUID

from pgvector import HalfVector

from apiserver.biometrics.face import Box, Embedding
from apiserver.consent import ENROLLABLE
from apiserver.database.session import Connection
from apiserver.directories.lock import MAX_SECONDS
from apiserver.people.records import require_directory
from apiserver.problems import FaceNotFound, PersonNotFound

_NOTE = """
INSERT INTO indexed_faces (directory, face, external_image_id, width, height) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING
"""

_UUID = "'^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'"
_STANDS_FOR_A_FACE = f"""CASE WHEN person ~ {_UUID} THEN EXISTS (
    SELECT FROM indexed_faces AS own WHERE own.directory = $1 AND own.face = person::uuid
) ELSE false END"""

_COLUMNS = f"""faces.face, person, model, box, score, image_sha256, external_image_id, width, height,
    {_STANDS_FOR_A_FACE} AS own"""
_READ_ALL = f"""
SELECT {_COLUMNS} FROM faces LEFT JOIN LATERAL (
    SELECT * FROM indexed_faces WHERE indexed_faces.directory = $1 AND indexed_faces.face = faces.face
) AS noted ON true
WHERE faces.directory = $1 AND faces.face = ANY ($2::uuid[])
"""
_PAGE = f"""
SELECT {_COLUMNS} FROM faces LEFT JOIN LATERAL (
    SELECT * FROM indexed_faces WHERE indexed_faces.directory = $1 AND indexed_faces.face = faces.face
) AS noted ON true
WHERE faces.directory = $1 AND faces.face > $3 ORDER BY faces.face LIMIT $2
"""
_PAGE_OF_PERSON = f"""
SELECT {_COLUMNS} FROM faces LEFT JOIN LATERAL (
    SELECT * FROM indexed_faces WHERE indexed_faces.directory = $1 AND indexed_faces.face = faces.face
) AS noted ON true
WHERE faces.directory = $1 AND person = $4 AND faces.face > $3 ORDER BY faces.face LIMIT $2
"""
_PAGE_OF_FACES = f"""
SELECT {_COLUMNS} FROM faces LEFT JOIN LATERAL (
    SELECT * FROM indexed_faces WHERE indexed_faces.directory = $1 AND indexed_faces.face = faces.face
) AS noted ON true
WHERE faces.directory = $1 AND faces.face = ANY ($4::uuid[]) AND faces.face > $3 ORDER BY faces.face LIMIT $2
"""

# <#> is the negative inner product.
_NEAREST = f"""
SELECT {_COLUMNS}, -(embedding <#> $4::halfvec) AS similarity
FROM faces LEFT JOIN LATERAL (
    SELECT * FROM indexed_faces WHERE indexed_faces.directory = $1 AND indexed_faces.face = faces.face
) AS noted ON true
WHERE faces.directory = $1 AND model = $2 AND person = ANY ($3::text[])
ORDER BY similarity DESC, faces.face LIMIT $5
"""
# A person who is restricted or lacks a consent that is required is looked for as little as found.
_EMBEDDING = f"""
SELECT faces.person, model, embedding, recognizability FROM faces JOIN persons USING (directory, person)
WHERE faces.directory = $1 AND persons.directory = $1 AND face = $2 AND NOT restricted
AND {ENROLLABLE.format(person="faces.person")}
"""
_EMBEDDINGS = f"""
SELECT embedding FROM faces JOIN persons USING (directory, person)
WHERE faces.directory = $1 AND persons.directory = $1 AND faces.person = $2 AND model = $3 AND NOT restricted
AND {ENROLLABLE.format(person="faces.person")}
ORDER BY recognizability DESC NULLS LAST, face LIMIT $4
"""

_PERSONS_A_PAGE = 5_000
"""Persons that are looked at for a page of users: a directory may have a million faces and few users."""
_USERS = f"""
WITH next AS MATERIALIZED (
    SELECT person, face_count FROM persons WHERE directory = $1 AND person > $2 ORDER BY person LIMIT {_PERSONS_A_PAGE}
)
SELECT person, face_count, {_STANDS_FOR_A_FACE} AS own FROM next ORDER BY person
"""
_ARE_USERS = f"""
SELECT person, face_count FROM persons WHERE directory = $1 AND person = ANY ($2::text[]) AND NOT {_STANDS_FOR_A_FACE}
"""
_COUNT_USERS = """
SELECT (SELECT count(*) FROM persons WHERE directory = $1) - (
    SELECT count(*) FROM indexed_faces JOIN persons ON persons.person = indexed_faces.face::text
    WHERE indexed_faces.directory = $1 AND persons.directory = $1
)
"""
# Not the number kept with a person: what becomes of faces depends on this one.
_FACE_COUNTS = """
SELECT person, (SELECT count(*) FROM faces WHERE faces.directory = $1 AND faces.person = persons.person) AS faces
FROM persons WHERE directory = $1 AND person = ANY ($2::text[])
"""
_IS_INDEXED = "SELECT EXISTS (SELECT FROM indexed_faces WHERE directory = $1 AND face = $2)"
_NOTE_OWN = """
INSERT INTO indexed_faces (directory, face) SELECT $1, unnest($2::uuid[]) ON CONFLICT DO NOTHING
"""

_NO_FACE = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Indexed:
    """The id of a face to index, what the client calls its photograph, and the photograph's size in pixels."""

    face: UUID
    external_image_id: str | None
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class IndexedFace:
    """A face of a directory. width, height: of its photograph, None if another call enrolled it.

    own: whether its person stands for a face, so that it belongs to no user. similarity: with a probe, if it was found.
    """

    face: UUID
    person: str
    model: str
    box: Box
    score: float
    image_sha256: bytes
    external_image_id: str | None
    width: int | None
    height: int | None
    own: bool
    similarity: float = 0.0

    @classmethod
    def of(cls, row: Any) -> Self:  # noqa: ANN401 - asyncpg's records have no type
        """Convert a row of `_COLUMNS`."""
        return cls(**{**row, "box": tuple(row["box"])})

    @property
    def user(self) -> str | None:
        """The user that the face is associated with."""
        return None if self.own else self.person


class User(NamedTuple):
    """A user, and how many faces it has."""

    person: str
    faces: int


class StoredProbe(NamedTuple):
    """What a search needs of an enrolled face, and whose it is."""

    person: str
    model: str
    embedding: Embedding
    recognizability: float | None


async def read_all(connection: Connection, directory: str, faces: Iterable[UUID]) -> dict[UUID, IndexedFace]:
    """Return those of the faces that exist, by id. Raises DatabaseUnavailable."""
    ids = list(set(faces))
    rows = await connection.fetch(_READ_ALL, directory, ids) if ids else []
    return {row["face"]: IndexedFace.of(row) for row in rows}


async def page(
    connection: Connection,
    directory: str,
    limit: int,
    after: UUID | None,
    *,
    person: str | None = None,
    among: Sequence[UUID] | None = None,
) -> tuple[list[IndexedFace], UUID | None]:
    """Return up to `limit` faces after an id, of a person or among others if given; and the last id if more follow.

    Raises DirectoryNotFound or DatabaseUnavailable.
    """
    parameters: list[object] = [directory, limit + 1, after or _NO_FACE]
    statement = _PAGE
    if among is not None:
        statement, parameters = _PAGE_OF_FACES, [*parameters, list(among)]
    elif person is not None:
        statement, parameters = _PAGE_OF_PERSON, [*parameters, person]
    rows = await connection.fetch(statement, *parameters)
    if not rows:
        await require_directory(connection, directory)
    faces = [IndexedFace.of(row) for row in rows]
    found = [face for face in faces[:limit] if person is None or face.person == person]
    return found, faces[limit - 1].face if len(faces) > limit else None


async def nearest(
    connection: Connection, directory: str, model: str, persons: Sequence[str], embedding: Embedding, *, limit: int
) -> list[IndexedFace]:
    """Return the faces of these persons that are most similar to an embedding, best first."""
    rows = await connection.fetch(_NEAREST, directory, model, persons, HalfVector(embedding), limit)
    return [IndexedFace.of({**row, "similarity": max(-1.0, min(1.0, row["similarity"]))}) for row in rows]


async def probe(connection: Connection, directory: str, face: UUID) -> StoredProbe:
    """Return what a search needs of a face. Raises DirectoryNotFound, or FaceNotFound if nobody may look for it."""
    row = await connection.fetchrow(_EMBEDDING, directory, face)
    if row is None:
        await require_directory(connection, directory)
        raise FaceNotFound("The collection has no face with this id that may be looked for.")
    return StoredProbe(row["person"], row["model"], list(row["embedding"].to_list()), row["recognizability"])


async def embeddings(connection: Connection, directory: str, person: str, model: str, limit: int) -> list[Embedding]:
    """Return the embeddings of the most recognizable faces of a person, none if nobody may look for them."""
    rows = await connection.fetch(_EMBEDDINGS, directory, person, model, limit)
    return [list(row["embedding"].to_list()) for row in rows]


async def users(connection: Connection, directory: str, limit: int, after: str | None) -> tuple[list[User], str | None]:
    """Return up to `limit` users after an id, fewer if many faces stand between them; and the last id if more follow.

    Raises DirectoryNotFound or DatabaseUnavailable.
    """
    rows = await connection.fetch(_USERS, directory, after or "")
    if not rows:
        await require_directory(connection, directory)
    found = [User(row["person"], row["face_count"]) for row in rows if not row["own"]]
    if len(found) > limit:
        return found[:limit], found[limit - 1].person
    return found, rows[-1]["person"] if len(rows) == _PERSONS_A_PAGE else None


async def users_among(connection: Connection, directory: str, persons: Collection[str]) -> dict[str, User]:
    """Return those of the persons who are users, by id."""
    rows = await connection.fetch(_ARE_USERS, directory, list(persons)) if persons else []
    return {row["person"]: User(*row) for row in rows}


async def require_user(connection: Connection, directory: str, user: str) -> User:
    """Return a user. Raises DirectoryNotFound, PersonNotFound, or DatabaseUnavailable."""
    found = await users_among(connection, directory, [user])
    if user not in found:
        await require_directory(connection, directory)
        raise PersonNotFound(f"The user {user} does not exist in the collection.")
    return found[user]


async def count_users(connection: Connection, directory: str) -> int:
    """Return how many users a directory has."""
    count: int = await connection.fetchval(_COUNT_USERS, directory, timeout=MAX_SECONDS)
    return count


async def is_indexed(connection: Connection, directory: str, face: UUID) -> bool:
    """Tell whether there is a face with this id that was indexed."""
    return bool(await connection.fetchval(_IS_INDEXED, directory, face))


async def note(connection: Connection, directory: str, face: UUID, indexed: Indexed) -> None:
    """Note what is known of an enrolled face that was indexed."""
    await connection.execute(_NOTE, directory, face, indexed.external_image_id, indexed.width, indexed.height)


async def note_own(connection: Connection, directory: str, faces: Collection[UUID]) -> None:
    """Note that faces may stand for themselves, if that is not known."""
    await connection.execute(_NOTE_OWN, directory, list(faces))


async def face_counts(connection: Connection, directory: str, persons: Collection[str]) -> dict[str, int]:
    """Return how many faces those of the persons have who exist, counted now."""
    rows = await connection.fetch(_FACE_COUNTS, directory, list(persons)) if persons else []
    return {row["person"]: row["faces"] for row in rows}
