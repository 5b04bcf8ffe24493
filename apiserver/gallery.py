"""Who is enrolled in a directory."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from pgvector import HalfVector

from apiserver.database import Database
from apiserver.enrolment_lock import ENTER
from apiserver.faces import Box, Face, Model
from apiserver.image_store import ImageRow
from apiserver.problems import DatabaseBusy
from apiserver.quality import measured

# The parts of one statement see one snapshot, and foreign keys are checked at its end. The face comes first, and waits
# for the lock; what was removed while it waited is not in the snapshot, so the image is kept whatever it seems to be,
# but only where the face has it. A known face has none if it was imported without, and gets it now.
_ENROL = """
WITH {}new_person AS (
    INSERT INTO persons (directory, person) VALUES ($1, $2) ON CONFLICT DO NOTHING
), shown AS (
    INSERT INTO faces (directory, person, image_sha256, model, embedding, crop, image, box, score, quality, face)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 FROM ({} OFFSET 0) AS entered
    ON CONFLICT (directory, person, image_sha256, model) DO UPDATE SET image = excluded.image WHERE faces.image IS NULL
    RETURNING face, box, score
), kept_image AS (
    UPDATE images SET expires_at = NULL, deletion = NULL
    WHERE directory = $1 AND image = $7 AND EXISTS (SELECT FROM shown)
)
SELECT face, box, score FROM shown
"""

_NEW_DIRECTORY = "new_directory AS (INSERT INTO directories (directory) VALUES ($1) ON CONFLICT DO NOTHING), "

_ENROLLED = """
SELECT face, box, score FROM faces WHERE directory = $1 AND person = $2 AND image_sha256 = $3 AND model = $4
"""

_OWN_SIMILARITY = """
SELECT max(-(embedding <#> $4)) FROM faces WHERE directory = $1 AND model = $2 AND person = $3 AND image_sha256 <> $5
"""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A face of the gallery; `created` is False when this photograph of this person was learned before."""

    face: UUID
    box: Box
    score: float
    created: bool


class Gallery:
    """All enrolments, kept apart by directory."""

    def __init__(self, database: Database, *, makes_directories: bool = True) -> None:
        self._database = database
        self._enrol = _ENROL.format(_NEW_DIRECTORY if makes_directories else "", ENTER)

    async def enrol(self, person: str, face: Face, model: Model, image: ImageRow) -> Enrolment:
        """Add `face` to the person's enrolments and keep its image for good, all or nothing.

        The same photograph of the same person under the same model is one face, however often it is learned. An image
        that this face does not show is left to expire.
        Raises DatabaseUnavailable, or DatabaseBusy when the image or the person was removed at the same time.
        """
        identity, new = (image.directory, person, image.sha256, model.id), uuid4()
        embedding = HalfVector(face.embedding)
        async with self._database.connection() as connection:
            row = await connection.fetchrow(
                self._enrol, *identity, embedding, face.crop, image.key, list(face.box), face.score, measured(face), new
            )
            known = None if row else await connection.fetchrow(_ENROLLED, *identity)
        found = row or known
        if found is None:
            raise DatabaseBusy
        return Enrolment(found["face"], tuple(found["box"]), found["score"], created=found["face"] == new)

    async def own_similarity(self, person: str, face: Face, model: Model, image: ImageRow) -> float | None:
        """Return the best cosine of `face` with the person's faces of other photographs, None where there are none.

        Raises DatabaseUnavailable.
        """
        async with self._database.connection() as connection:
            similarity: float | None = await connection.fetchval(
                _OWN_SIMILARITY, image.directory, model.id, person, HalfVector(face.embedding), image.sha256
            )
        return similarity
