"""Who is enrolled in a directory."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from pgvector import HalfVector

from apiserver.database import Database
from apiserver.enrolment_lock import ENTER, once_let_in
from apiserver.faces import Box, Face, Model
from apiserver.image_store import ImageRow
from apiserver.problems import DatabaseBusy
from apiserver.quality import measured

# The parts of one statement see one snapshot, and foreign keys are checked at its end. What was removed between the
# snapshot and the lock is still seen, so the image is kept whatever it seems to be, but only where the face has it. A
# known face has none if it was imported without, and gets it now.
_ENROL = """
WITH entered AS (
    {enter}
), {new_directory}new_person AS (
    INSERT INTO persons (directory, person) SELECT $1, $2 FROM entered WHERE let_in ON CONFLICT DO NOTHING
), shown AS (
    INSERT INTO faces (directory, person, image_sha256, model, embedding, crop, image, box, score, quality, face)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 FROM entered WHERE let_in
    ON CONFLICT (directory, person, image_sha256, model) DO UPDATE SET image = excluded.image WHERE faces.image IS NULL
    RETURNING face, box, score
), kept_image AS (
    UPDATE images SET expires_at = NULL, deletion = NULL
    WHERE directory = $1 AND image = $7 AND EXISTS (SELECT FROM shown)
)
SELECT let_in, face, box, score FROM entered LEFT JOIN shown ON true
"""

_NEW_DIRECTORY = """new_directory AS (
    INSERT INTO directories (directory) SELECT $1 FROM entered WHERE let_in ON CONFLICT DO NOTHING
), """

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
        self._enrol = _ENROL.format(enter=ENTER, new_directory=_NEW_DIRECTORY if makes_directories else "")

    async def enrol(self, person: str, face: Face, model: Model, image: ImageRow) -> Enrolment:
        """Add `face` to the person's enrolments and keep its image for good, all or nothing.

        The same photograph of the same person under the same model is one face, however often it is learned. An image
        that this face does not show is left to expire. Raises DatabaseUnavailable, DirectoryBusy while nobody is let
        into the directory, or DatabaseBusy when the image or the person was removed at the same time.
        """

        async def attempt() -> Enrolment | None:
            return await self._enrol_if_let_in(person, face, model, image)

        return await once_let_in(attempt, self._database.timeout_seconds)

    async def _enrol_if_let_in(self, person: str, face: Face, model: Model, image: ImageRow) -> Enrolment | None:
        identity, new = (image.directory, person, image.sha256, model.id), uuid4()
        embedding = HalfVector(face.embedding)
        async with self._database.connection() as connection:
            row = await connection.fetchrow(
                self._enrol, *identity, embedding, face.crop, image.key, list(face.box), face.score, measured(face), new
            )
            if not row["let_in"]:
                return None
            found = row if row["face"] else await connection.fetchrow(_ENROLLED, *identity)
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
