"""The enrolments of a directory."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from pgvector import HalfVector

from apiserver.access.grants import current_grant
from apiserver.audit.records import RECORD, acting
from apiserver.biometrics.face import Box, Face
from apiserver.biometrics.model import Model
from apiserver.biometrics.quality import measurements
from apiserver.consent import ENROLLABLE
from apiserver.database.pool import Database
from apiserver.directories.lock import ENTER, attempts
from apiserver.encryption.crops import encrypted_crop
from apiserver.encryption.keys import DirectoryKeys
from apiserver.people.indexed_faces import NOTE, Indexed
from apiserver.problems import ConsentMissing, DatabaseBusy, DirectoryBusy, PersonNotFound
from apiserver.storage.images import ImageRow

_IS_ENROLLABLE = ENROLLABLE.format(person="$2")

# All parts of a statement see one snapshot, and foreign keys are checked at its end. Rows removed between the snapshot
# and the lock are still seen, so the image is kept whatever state it seems to have, but only if the face refers to it.
# A known face that was imported without an image gets this one. Nothing is enrolled under a key that was erased or
# retired since ($13: those of the image and the crop); the lock shows that, whatever the snapshot does.
_ENROL = """
WITH locked AS (
    {enter}
), held AS (
    SELECT count(*) AS keys FROM (
        SELECT FROM directory_keys, locked WHERE admitted AND directory = $1 AND key_id = ANY ($13::uuid[])
        AND retired_at IS NULL FOR SHARE OF directory_keys
    ) AS locked_keys
), entered AS (
    SELECT admitted AND enrollable AND (SELECT keys FROM held) = cardinality($13) AS admitted,
        admitted AS locked, enrollable
    FROM locked, (SELECT {enrollable} AS enrollable) AS consent
), {new_directory}new_person AS (
    INSERT INTO persons (directory, person, face_count) SELECT $1, $2, 1 FROM entered
    WHERE admitted AND NOT EXISTS (SELECT FROM persons WHERE directory = $1 AND person = $2)
    ON CONFLICT DO NOTHING RETURNING person
), shown AS (
    INSERT INTO faces
        (directory, person, image_sha256, model, embedding, crop, image, box, score, quality, recognizability, face,
        crop_key, origin)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $14, 'photograph' FROM entered WHERE admitted
    ON CONFLICT (directory, person, image_sha256, model) DO UPDATE SET image = excluded.image WHERE faces.image IS NULL
    RETURNING face, box, score, recognizability, image
), counted AS (
    INSERT INTO persons (directory, person, face_count)
    SELECT $1, $2, 1 FROM shown WHERE face = $12 AND NOT EXISTS (SELECT FROM new_person)
    ON CONFLICT (directory, person) DO UPDATE SET face_count = persons.face_count + excluded.face_count
), kept_image AS (
    UPDATE images SET expires_at = NULL, deletion = NULL
    WHERE directory = $1 AND image = $7 AND EXISTS (SELECT FROM shown)
), known AS (
    SELECT face FROM faces WHERE directory = $1 AND person = $2 AND image_sha256 = $3 AND model = $4
){noted}
SELECT enrollable, locked, shown.face, box, score, recognizability, image,
    CASE WHEN admitted THEN {record} END AS recorded
FROM entered LEFT JOIN shown ON true LEFT JOIN known ON true
"""

_RECORD = RECORD.format(
    directory="$1",
    subject="$15",
    action="$16",
    persons="ARRAY[$2]",
    object="coalesce(shown.face, known.face)::text",
    request="$17",
    address="$18",
    counts="jsonb_build_object('created', coalesce(shown.face = $12, false)::int)",
)

_NEW_DIRECTORY = """new_directory AS (
    INSERT INTO directories (directory) SELECT $1 FROM entered WHERE admitted ON CONFLICT DO NOTHING
), """

_PARTS = {"enter": ENTER, "enrollable": _IS_ENROLLABLE, "record": _RECORD}
_ENROL_MAKING = _ENROL.format(new_directory=_NEW_DIRECTORY, noted="", **_PARTS)
_ENROL_EXISTING = _ENROL.format(new_directory="", noted="", **_PARTS)
_INDEX = _ENROL.format(new_directory="", noted=NOTE, **_PARTS)

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
        stored = encrypted_crop(await self._keys.in_use(row.directory), row.directory, row.sha256, face.box, face.crop)
        keys = [*{row.key_id, stored.key_id} - {None}]
        identity, new = (row.directory, person, row.sha256, model.id), indexed.face if indexed else uuid4()
        measured = (measurements(face), face.recognizability)
        columns = (HalfVector(face.embedding), stored.crop, row.key, list(face.box), face.score, *measured, new)
        makes = self._makes_directories and current_grant().may_make(row.directory)
        enrol = _INDEX if indexed else _ENROL_MAKING if makes else _ENROL_EXISTING
        act = acting()
        by = (act.subject, act.action, act.request_id, act.address, *(indexed.columns if indexed else ()))
        async for _ in attempts(self._database.timeout_seconds):
            async with self._database.connection() as connection:
                shown = await connection.fetchrow(enrol, *identity, *columns, keys, stored.key_id, *by)
                if not shown["locked"]:
                    continue
                if not shown["enrollable"]:
                    raise ConsentMissing
                enrolled = shown if shown["face"] else await connection.fetchrow(_ENROLLED, *identity)
            if enrolled is None:
                raise DatabaseBusy
            return Enrolment(
                enrolled["face"],
                tuple(enrolled["box"]),
                enrolled["score"],
                created=enrolled["face"] == new,
                recognizability=enrolled["recognizability"],
                image=enrolled["image"],
            )
        raise DirectoryBusy


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
