"""The content of a directory at one moment, for a bundle."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from pgvector import HalfVector

from apiserver.bundles.format import EXTENSION_OF_MEDIA_TYPE, BundleConsent, BundleFace, BundlePerson
from apiserver.consent import COLUMNS as CONSENT
from apiserver.database.pool import Database
from apiserver.database.session import Connection

KIND = "export"

_PREFETCH = 500

_MODELS = """
SELECT model, count(*) AS faces, (
    SELECT vector_dims(embedding) FROM faces AS sample
    WHERE sample.directory = $1 AND sample.model = faces.model LIMIT 1
) AS dimension
FROM faces WHERE directory = $1 GROUP BY model ORDER BY model
"""

_COUNT_PERSONS = "SELECT count(*) FROM persons WHERE directory = $1"

_PERSONS = f"""
SELECT person, display_name, external_id, metadata, created_at, last_seen_at, restricted, {CONSENT}
FROM persons WHERE directory = $1 ORDER BY person
"""  # noqa: S608

_FACES = """
SELECT face, person, model, box, score, quality, recognizability, origin, image, image_sha256, faces.created_at,
    media_type, stored_sha256, images.image IS NOT NULL AND stored_sha256 IS NULL
    AND NOT coalesce((SELECT keep_originals FROM directories WHERE directory = $1), false) AS unsettled
FROM faces
LEFT JOIN images USING (directory, image)
WHERE directory = $1 ORDER BY face
"""

_EMBEDDINGS = "SELECT embedding FROM faces WHERE directory = $1 AND model = $2 ORDER BY face"

_CROPS = "SELECT face, crop, crop_key, image_sha256, box, image FROM faces WHERE directory = $1 ORDER BY face"


class ModelCount(NamedTuple):
    """Number and dimension of the embeddings of a model."""

    model: str
    faces: int
    dimension: int


class Snapshot:
    """A directory at one moment; it can be read several times, with a few rows in memory."""

    def __init__(self, connection: Connection, directory: str) -> None:
        self._connection = connection
        self._directory = directory

    async def models(self) -> list[ModelCount]:
        """Return the models of the directory's faces."""
        rows = await self._connection.fetch(_MODELS, self._directory)
        return [ModelCount(row["model"], row["faces"], row["dimension"]) for row in rows]

    async def count_persons(self) -> int:
        """Return the number of persons, including those without faces."""
        count: int = await self._connection.fetchval(_COUNT_PERSONS, self._directory)
        return count

    async def persons(self) -> AsyncIterator[BundlePerson]:
        """Yield the persons, ordered by id."""
        async for row in self._rows(_PERSONS):
            fields = {name: value for name, value in row.items() if not name.startswith("consent_")}
            fields |= {"metadata": json.loads(row["metadata"]), "consent": BundleConsent.of(row)}
            yield BundlePerson.model_construct(**fields | {"restricted": row["restricted"] or None})

    async def faces(self) -> AsyncIterator[BundleFace]:
        """Yield the faces, ordered by id; each is numbered within its model by `row`."""
        rows: dict[str, int] = {}
        async for face in self._rows(_FACES):
            row = rows[face["model"]] = rows.get(face["model"], -1) + 1
            image = face["image"] if face["media_type"] in EXTENSION_OF_MEDIA_TYPE else None
            fields = {"row": row, "box": tuple(face["box"]), "image": image, **_digests(face)}
            fields["quality"] = json.loads(face["quality"] or "null")
            yield BundleFace.model_construct(**{**face, **fields})

    async def embeddings(self, model: str) -> AsyncIterator[HalfVector]:
        """Yield the embeddings of a model, in the order of `faces`."""
        async for row in self._rows(_EMBEDDINGS, model):
            yield row["embedding"]

    async def crops(self) -> AsyncIterator[dict[str, Any]]:
        """Yield `face`, `image` and the stored crop of each face, ordered by id."""
        async for row in self._rows(_CROPS):
            yield row

    async def _rows(self, statement: str, *arguments: object) -> AsyncIterator[dict[str, Any]]:
        async for row in self._connection.cursor(statement, self._directory, *arguments, prefetch=_PREFETCH):
            yield dict(row)


def _digests(face: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the digests of a face's photograph: of the object, and of the file as it was sent if that is another.

    The object's is left out while its metadata are still to be taken out: it may be written again before it is read.
    """
    known, stored = face["image_sha256"].hex(), face["stored_sha256"]
    if face["unsettled"]:
        return {"image_sha256": None, "original_sha256": known}
    return {"image_sha256": stored.hex() if stored else known, "original_sha256": known if stored else None}


@asynccontextmanager
async def snapshot(database: Database, directory: str) -> AsyncIterator[Snapshot]:
    """Yield the directory as it is now; later changes are not visible in it."""
    async with database.snapshot() as connection:
        yield Snapshot(connection, directory)
