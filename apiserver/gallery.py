"""Who is enrolled in a directory, and whom a probe resembles. The SQL stands beside the function that runs it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from pgvector import HalfVector

from apiserver.database import Database
from apiserver.faces import Box, Candidate, Face, Model
from apiserver.image_store import ImageRow, write_row
from apiserver.problems import DatabaseBusy

# The parts of one statement see one snapshot, and foreign keys are checked at its end.
_ENROL = """
WITH new_directory AS (
    INSERT INTO directories (directory) VALUES ($1) ON CONFLICT DO NOTHING
), new_person AS (
    INSERT INTO persons (directory, person) VALUES ($1, $2) ON CONFLICT DO NOTHING
), kept_image AS (
    UPDATE images SET expires_at = NULL WHERE directory = $1 AND image = $7 AND expires_at IS NOT NULL
)
INSERT INTO faces (directory, person, image_sha256, model, embedding, crop, image, box, score)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (directory, person, image_sha256, model) DO NOTHING
RETURNING face, box, score
"""

_ENROLLED = """
SELECT face, box, score FROM faces WHERE directory = $1 AND person = $2 AND image_sha256 = $3 AND model = $4
"""

_IDENTIFY = """
SELECT probe.number, best.person, best.similarity
FROM unnest($3::halfvec[]) WITH ORDINALITY AS probe (embedding, number)
CROSS JOIN LATERAL (
    SELECT faces.person, -min(faces.embedding <#> probe.embedding) AS similarity -- <#> is the negative inner product
    FROM faces
    WHERE faces.directory = $1 AND faces.model = $2
    GROUP BY faces.person
    ORDER BY similarity DESC, faces.person
    LIMIT $4
) AS best
ORDER BY probe.number, best.similarity DESC, best.person
"""

_WRITE_ROW_AND_IDENTIFY = f"WITH written AS ({write_row(5)}) {_IDENTIFY}"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A face of the gallery; `created` is False when this photograph of this person was learned before."""

    face: UUID
    box: Box
    score: float
    created: bool


class Gallery:
    """All enrolments, kept apart by directory."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def enrol(self, person: str, face: Face, model: Model, image: ImageRow) -> Enrolment:
        """Add `face` to the person's enrolments and keep its image for good, all or nothing.

        The same photograph of the same person under the same model is one face, however often it is learned.
        Raises DatabaseUnavailable, or DatabaseBusy when the image or the person was removed at the same time.
        """
        identity = (image.directory, person, image.sha256, model.id)
        embedding = HalfVector(face.embedding)
        async with self._database.connection() as connection:
            row = await connection.fetchrow(
                _ENROL, *identity, embedding, face.crop, image.key, list(face.box), face.score
            )
            known = None if row else await connection.fetchrow(_ENROLLED, *identity)
        found = row or known
        if found is None:
            raise DatabaseBusy
        return Enrolment(found["face"], tuple(found["box"]), found["score"], created=row is not None)

    async def identify(
        self, directory: str, model: Model, faces: Sequence[Face], limit: int, image: ImageRow | None = None
    ) -> list[list[Candidate]]:
        """Return for each face the `limit` most similar persons, best first, by each person's best sample.

        The search is exact and one statement for all faces, which writes the row of the image as well if one is given.
        Raises DatabaseUnavailable.
        """
        candidates: list[list[Candidate]] = [[] for _ in faces]
        if not faces and image is None:
            return candidates
        statement = _WRITE_ROW_AND_IDENTIFY if image else _IDENTIFY
        probes = [HalfVector(face.embedding) for face in faces]
        async with self._database.connection() as connection:
            rows = await connection.fetch(statement, directory, model.id, probes, limit, *(image or ()))
        for number, person, similarity in rows:
            # Rounded to halves, an embedding's length is not quite one.
            candidates[number - 1].append(Candidate(person, max(-1.0, min(1.0, similarity))))
        return candidates
