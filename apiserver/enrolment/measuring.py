"""The job that measures the recognizability of faces enrolled without it, from their crops."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

from apiserver.biometrics.model import Model
from apiserver.database.pool import Database
from apiserver.encryption.crops import decrypted_crop
from apiserver.jobs.runs import Run
from apiserver.problems import Refused, VectorizerFailed, VectorizerUnavailable
from apiserver.vectorizers.client import VectorizerClient

_AT_ONCE = 50
"""Faces read and written per statement, with crops of about 6 kB."""
_MAX_SECONDS = 60
"""For counting the faces of a large directory, whose index may be cold."""

_DIRECTORIES = "SELECT directory FROM directories ORDER BY directory"

_COUNT = "SELECT count(*) FROM faces WHERE directory = $1 AND model = $2 AND recognizability IS NULL"

# The order is that of the index; by `face` alone the rows would be sorted for each batch.
_UNMEASURED = """
SELECT face, crop, crop_key, image_sha256, box, score FROM faces
WHERE directory = $1 AND model = $2 AND recognizability IS NULL AND face > $3
ORDER BY recognizability, face LIMIT $4
"""

# A face that was deleted in the meantime is not found, and one that was moved keeps its id.
_WRITE = """
UPDATE faces SET recognizability = measured.recognizability
FROM unnest($2::uuid[], $3::real[]) AS measured (face, recognizability)
WHERE faces.directory = $1 AND faces.face = measured.face AND faces.recognizability IS NULL
"""

_logger = logging.getLogger(__name__)


async def measure_recognizability(run: Run) -> None:
    """Measure the faces of the model in use that have no recognizability yet, in all directories.

    What is written stays, so an outage or a busy vectorizer only postpones the rest. One crop is sent at a time, and
    after each batch the job pauses for as long as the batch took, which leaves the vectorizers to others.
    """
    database, vectorizer, keys = run.resources.database, run.resources.vectorizer, run.resources.images.keys
    model = await vectorizer.model_in_use()
    if model.recognizability_floor is None:
        return
    counts = await _counts(database, model)
    total = run.done + sum(counts.values())
    for directory in counts:
        async for faces in _unmeasured(database, directory, model):
            begun = time.monotonic()
            crops = [await decrypted_crop(keys, directory, face) for face in faces]
            looks = zip(faces, crops, strict=True)
            measured = [(face["face"], await _measured(vectorizer, model, crop, face["score"])) for face, crop in looks]
            await _write(database, directory, [(face, value) for face, value in measured if value is not None])
            done = run.done + len(faces)
            await run.report(done, total, f"{done:,} of {total:,} faces.")
            await asyncio.sleep(time.monotonic() - begun)
    if run.done:
        _logger.info("Measured the recognizability of %d faces enrolled without it", run.done)


async def _measured(vectorizer: VectorizerClient, model: Model, crop: bytes, score: float) -> float | None:
    """Return the recognizability of a face; None if it stays unmeasured until a later run.

    Nobody can be recognized by a crop that cannot be read. Raises an Outage, also if the model has changed.
    """
    try:
        analysis = await vectorizer.embed_crop(crop, score)
    except Refused:
        return 0.0
    except VectorizerFailed:  # perhaps because of this crop: the others do not wait for it
        return None
    if analysis.model.id != model.id:
        raise VectorizerUnavailable(f"The vectorizers use {analysis.model.id} now, no longer {model.id}.")
    return analysis.faces[0].recognizability


async def _counts(database: Database, model: Model) -> dict[str, int]:
    """Return the directories with unmeasured faces of a model, and their number."""
    async with database.connection() as connection:
        names = [row["directory"] for row in await connection.fetch(_DIRECTORIES, timeout=_MAX_SECONDS)]
        counts = {name: await connection.fetchval(_COUNT, name, model.id, timeout=_MAX_SECONDS) for name in names}
    return {name: count for name, count in counts.items() if count}


async def _unmeasured(database: Database, directory: str, model: Model) -> AsyncIterator[list[Any]]:
    """Yield the unmeasured faces of a directory in batches, each face once."""
    last = UUID(int=0)
    while True:
        async with database.connection() as connection:
            faces = await connection.fetch(_UNMEASURED, directory, model.id, last, _AT_ONCE)
        if not faces:
            return
        yield faces
        last = faces[-1]["face"]


async def _write(database: Database, directory: str, measured: Sequence[tuple[UUID, float]]) -> None:
    faces, values = [face for face, _ in measured], [value for _, value in measured]
    async with database.connection() as connection:
        await connection.execute(_WRITE, directory, faces, values)
