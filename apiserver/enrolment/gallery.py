"""The enrolments of a directory."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from pgvector import HalfVector

from apiserver.audit.records import RECORD, acting
from apiserver.biometrics.face import Box, Face
from apiserver.biometrics.model import Model
from apiserver.biometrics.quality import measurements
from apiserver.database import Database
from apiserver.directories.lock import ENTER, attempts
from apiserver.problems import DatabaseBusy, DirectoryBusy, PersonNotFound
from apiserver.storage.images import ImageRow

# All parts of a statement see one snapshot, and foreign keys are checked at its end. Rows removed between the snapshot
# and the lock are still seen, so the image is kept whatever state it seems to have, but only if the face refers to it.
# A known face that was imported without an image gets this one.
_ENROL = """
WITH entered AS (
    {enter}
), {new_directory}new_person AS (
    INSERT INTO persons (directory, person) SELECT $1, $2 FROM entered WHERE admitted ON CONFLICT DO NOTHING
), shown AS (
    INSERT INTO faces
        (directory, person, image_sha256, model, embedding, crop, image, box, score, quality, recognizability, face,
        origin)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'photograph' FROM entered WHERE admitted
    ON CONFLICT (directory, person, image_sha256, model) DO UPDATE SET image = excluded.image WHERE faces.image IS NULL
    RETURNING face, box, score, recognizability, image
), kept_image AS (
    UPDATE images SET expires_at = NULL, deletion = NULL
    WHERE directory = $1 AND image = $7 AND EXISTS (SELECT FROM shown)
)
SELECT admitted, face, box, score, recognizability, image, CASE WHEN admitted THEN {record} END AS recorded
FROM entered LEFT JOIN shown ON true
"""

_RECORD = RECORD.format(
    directory="$1",
    subject="$13",
    action="$14",
    persons="ARRAY[$2]",
    object="face::text",
    request="$15",
    address="$16",
    counts="jsonb_build_object('created', coalesce(face = $12, false)::int)",
)

_NEW_DIRECTORY = """new_directory AS (
    INSERT INTO directories (directory) SELECT $1 FROM entered WHERE admitted ON CONFLICT DO NOTHING
), """

_ENROLLED = """
SELECT face, box, score, recognizability, image FROM faces
WHERE directory = $1 AND person = $2 AND image_sha256 = $3 AND model = $4
"""

# <#> is the negative inner product.
_SIMILARITY = """
SELECT (
    SELECT max(-(embedding <#> $4::halfvec)) FROM faces WHERE directory = $1 AND person = $2 AND model = $3
) AS similarity
FROM persons WHERE directory = $1 AND person = $2
"""


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

    def __init__(self, database: Database, *, makes_directories: bool = True) -> None:
        self._database = database
        self._enrol = _ENROL.format(
            record=_RECORD, enter=ENTER, new_directory=_NEW_DIRECTORY if makes_directories else ""
        )

    async def enrol(self, person: str, face: Face, model: Model, row: ImageRow) -> Enrolment:
        """Add `face` to the person's enrolments and keep its image permanently, all or nothing.

        The same photograph of the same person under the same model is one face, however often it is learned. If the
        face has another image already, this one is left to expire. Raises DatabaseUnavailable, DirectoryBusy while
        enrolments are excluded from the directory, or DatabaseBusy if the image or the person was removed concurrently.
        """
        identity, new = (row.directory, person, row.sha256, model.id), uuid4()
        measured = (measurements(face), face.recognizability)
        columns = (HalfVector(face.embedding), face.crop, row.key, list(face.box), face.score, *measured, new)
        act = acting()
        by = (act.subject, act.action, act.request_id, act.address)
        async for _ in attempts(self._database.timeout_seconds):
            async with self._database.connection() as connection:
                shown = await connection.fetchrow(self._enrol, *identity, *columns, *by)
                if not shown["admitted"]:
                    continue
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


async def best_similarity(
    database: Database, directory: str, person: str, model: str, embedding: list[float]
) -> float | None:
    """Return the cosine with the person's most similar face, None if no face is of this model.

    Raises PersonNotFound or DatabaseUnavailable.
    """
    async with database.connection() as connection:
        row = await connection.fetchrow(_SIMILARITY, directory, person, model, HalfVector(embedding))
    if row is None:
        raise PersonNotFound
    # Rounded to halves, an embedding's length is not quite one.
    return None if row["similarity"] is None else max(-1.0, min(1.0, row["similarity"]))
