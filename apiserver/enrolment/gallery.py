"""The enrolments of a directory."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from pgvector import HalfVector

from apiserver.access.grants import current_grant
from apiserver.audit.records import record
from apiserver.biometrics.face import Box, Face
from apiserver.biometrics.model import Model
from apiserver.biometrics.quality import measurements
from apiserver.consent import ENROLLABLE
from apiserver.database.pool import Database
from apiserver.database.session import Connection
from apiserver.directories.lock import ENTER, attempts
from apiserver.directories.records import make_directory
from apiserver.encryption.crops import StoredCrop, encrypted_crop
from apiserver.encryption.keys import DirectoryKeys
from apiserver.people.indexed_faces import Indexed, note
from apiserver.problems import ConsentMissing, DatabaseBusy, DirectoryBusy, PersonNotFound
from apiserver.storage.images import ImageRow

_IS_ENROLLABLE = ENROLLABLE.format(person="$2")

# One statement with several INSERTs would be one round trip, but Citus would send its parts to all servers, so that
# nobody could be enrolled while one of them is down.
_CHECK = f"""
SELECT {_IS_ENROLLABLE} AS enrollable, (SELECT count(*) FROM (
        SELECT FROM directory_keys WHERE directory = $1 AND key_id = ANY ($3::uuid[]) AND retired_at IS NULL FOR SHARE
    ) AS locked_keys) = cardinality($3) AS held,
    EXISTS (SELECT FROM directories WHERE directory = $1) AS has_directory,
    EXISTS (SELECT FROM persons WHERE directory = $1 AND person = $2) AS has_person
"""  # noqa: S608
"""Run in the directory, so that neither it nor the person is deleted afterwards. Nothing is enrolled under a key that
was erased or retired."""

_MAKE_PERSON = """
INSERT INTO persons (directory, person, face_count) VALUES ($1, $2, 1) ON CONFLICT DO NOTHING RETURNING true
"""

# A known face that was imported without an image gets this one.
_ENROL = """
INSERT INTO faces
    (directory, person, image_sha256, model, embedding, crop, image, box, score, quality, recognizability, face,
    crop_key, origin)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'photograph')
ON CONFLICT (directory, person, image_sha256, model) DO UPDATE SET image = excluded.image WHERE faces.image IS NULL
RETURNING face, box, score, recognizability, image
"""

_COUNT = "UPDATE persons SET face_count = face_count + 1 WHERE directory = $1 AND person = $2"
_KEEP_IMAGE = "UPDATE images SET expires_at = NULL, deletion = NULL WHERE directory = $1 AND image = $2"

_ENROLLED = """
SELECT face, box, score, recognizability, image FROM faces
WHERE directory = $1 AND person = $2 AND image_sha256 = $3 AND model = $4
"""

# <#> is the negative inner product.
_SIMILARITY = f"""
SELECT (
    SELECT max(-(embedding <#> $4::halfvec)) FROM faces WHERE directory = $1 AND person = $2 AND model = $3
    AND NOT restricted AND {_IS_ENROLLABLE}
) AS similarity
FROM persons WHERE directory = $1 AND person = $2
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A face of the gallery; `created` is False when this photograph of this person was learned before.

    image: the key of its photograph, None if it has none.
    """

    face: UUID
    box: Box
    score: float
    created: bool
    recognizability: float | None = None
    image: str | None = None


class Gallery:
    """All enrolments, kept apart by directory."""

    def __init__(
        self, database: Database, *, makes_directories: bool = True, keys: DirectoryKeys | None = None
    ) -> None:
        self._database = database
        self._makes_directories = makes_directories
        self._keys = keys or DirectoryKeys(database)

    async def enrol(
        self, person: str, face: Face, model: Model, row: ImageRow, indexed: Indexed | None = None
    ) -> Enrolment:
        """Add `face` to the person's enrolments and keep its image permanently, all or nothing.

        The same photograph of the same person under the same model is one face, however often it is learned. If the
        face has another image already, this one is left to expire. indexed: the id of the face, and what is noted of
        it; then the directory must exist, and no other person may have the face. Raises DatabaseUnavailable,
        DirectoryBusy while enrolments are excluded from the directory, DatabaseBusy if the image, the person or the
        directory's key was removed concurrently, or ConsentMissing.
        """
        crop = encrypted_crop(await self._keys.in_use(row.directory), row.directory, row.sha256, face.box, face.crop)
        new = _NewFace(indexed.face if indexed else uuid4(), person, face, model, row, crop)
        async for _ in attempts(self._database.timeout_seconds):
            async with self._database.transaction() as connection:
                if await connection.fetchval(ENTER, row.directory):
                    return await self._enrol(connection, new, indexed)
        raise DirectoryBusy

    async def _enrol(self, connection: Connection, new: "_NewFace", indexed: Indexed | None) -> Enrolment:
        directory, person = new.row.directory, new.person
        found = await connection.fetchrow(_CHECK, directory, person, new.keys)
        if not found["enrollable"]:
            raise ConsentMissing
        if not found["held"]:
            return new.enrolment(await connection.fetchrow(_ENROLLED, *new.identity), is_written=False)
        if not found["has_directory"] and self._makes_directories and current_grant().may_make(directory):
            await make_directory(connection, directory)
        is_new = not found["has_person"] and await connection.fetchval(_MAKE_PERSON, directory, person)
        shown = await connection.fetchrow(_ENROL, *new.columns)
        row = shown or await connection.fetchrow(_ENROLLED, *new.identity)
        enrolment = new.enrolment(row, is_written=shown is not None)
        if enrolment.created and not is_new:
            await connection.execute(_COUNT, directory, person)
        if shown:
            await connection.execute(_KEEP_IMAGE, directory, new.row.key)
            if indexed:
                await note(connection, directory, shown["face"], indexed)
        created = {"created": int(enrolment.created)}
        await record(connection, directory=directory, persons=[person], object_=enrolment.face, counts=created)
        return enrolment


@dataclass(frozen=True, slots=True)
class _NewFace:
    """A face to enrol, with the row of its photograph and its crop."""

    id: UUID
    person: str
    face: Face
    model: Model
    row: ImageRow
    crop: StoredCrop

    @property
    def keys(self) -> list[UUID]:
        """The keys of the image and of the crop."""
        return [*{key for key in (self.row.key_id, self.crop.key_id) if key}]

    @property
    def identity(self) -> tuple[str, str, bytes, str]:
        """What identifies the face."""
        return self.row.directory, self.person, self.row.sha256, self.model.id

    @property
    def columns(self) -> tuple[object, ...]:
        """The parameters of the statement that enrols it."""
        face = self.face
        measured = face.score, measurements(face), face.recognizability
        stored = self.crop.crop, self.row.key, list(face.box)
        return (*self.identity, HalfVector(face.embedding), *stored, *measured, self.id, self.crop.key_id)

    def enrolment(self, row: Any, *, is_written: bool) -> Enrolment:  # noqa: ANN401 - asyncpg's records have no type
        """Convert the row of the face, which an indexed one has with the same id already if it was not written now.

        Raises DatabaseBusy if there is none.
        """
        if row is None:
            raise DatabaseBusy
        return Enrolment(**{**row, "box": tuple(row["box"])}, created=is_written and row["face"] == self.id)


async def require_consent(database: Database, directory: str, person: str) -> None:
    """Raise ConsentMissing if the directory does not let faces of the person be enrolled. Or DatabaseUnavailable."""
    async with database.connection() as connection:
        if not await connection.fetchval(f"SELECT {_IS_ENROLLABLE}", directory, person):
            raise ConsentMissing


async def best_similarity(
    database: Database, directory: str, person: str, model: str, embedding: list[float]
) -> float | None:
    """Return the cosine with the person's most similar face, None if no face is of this model.

    None as well for a person who is restricted or lacks a consent that the directory requires.
    Raises PersonNotFound or DatabaseUnavailable.
    """
    async with database.connection() as connection:
        row = await connection.fetchrow(_SIMILARITY, directory, person, model, HalfVector(embedding))
    if row is None:
        raise PersonNotFound
    # Rounded to halves, an embedding's length is not quite one.
    return None if row["similarity"] is None else max(-1.0, min(1.0, row["similarity"]))
