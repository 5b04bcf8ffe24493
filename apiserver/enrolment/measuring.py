"""The job that measures the recognizability of faces enrolled without it, from their crops."""

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from apiserver.biometrics.model import Model
from apiserver.database import Database
from apiserver.jobs.runs import Run
from apiserver.problems import Refused, VectorizerFailed, VectorizerUnavailable
from apiserver.vectorizers.client import VectorizerClient

_AT_ONCE = 50
"""Faces read and written per statement, with crops of about 6 kB."""
_MAX_SECONDS = 60
"""For counting the faces of all directories."""

# LATERAL and ORDER BY make PostgreSQL walk from directory to directory, each by its index of recognizability.
_UNMEASURED = """
SELECT directories.directory, face, crop, score
FROM directories CROSS JOIN LATERAL (
    SELECT face, crop, score FROM faces
    WHERE faces.directory = directories.directory AND model = $1 AND recognizability IS NULL
    AND (faces.directory > $2 OR face > $3)
    ORDER BY face LIMIT $4
) AS unmeasured
WHERE directories.directory >= $2 ORDER BY directories.directory, face LIMIT $4
"""

_COUNT = """
SELECT coalesce(sum(unmeasured.faces), 0)::bigint FROM directories CROSS JOIN LATERAL (
    SELECT count(*) AS faces FROM faces
    WHERE faces.directory = directories.directory AND model = $1 AND recognizability IS NULL
) AS unmeasured
"""

# A face that was deleted in the meantime is not found, and one that was moved keeps its id.
_WRITE = """
UPDATE faces SET recognizability = measured.recognizability
FROM unnest($1::text[], $2::uuid[], $3::real[]) AS measured (directory, face, recognizability)
WHERE faces.directory = measured.directory AND faces.face = measured.face AND faces.recognizability IS NULL
"""

_logger = logging.getLogger(__name__)


class _Key(NamedTuple):
    directory: str = ""
    face: UUID = UUID(int=0)


async def measure_recognizability(run: Run) -> None:
    """Measure the faces of the model in use that have no recognizability yet, in all directories.

    What is written stays, so an outage or a busy vectorizer only postpones the rest. One crop is sent at a time, and
    after each batch the job pauses for as long as the batch took, which leaves the vectorizers to others.
    """
    database, vectorizer = run.resources.database, run.resources.vectorizer
    model = await vectorizer.model_in_use()
    if model.recognizability_floor is None:
        return
    total, last = run.done + await _count(database, model), _Key()
    while rows := await _unmeasured(database, model, last):
        begun = time.monotonic()
        measured = [(row, await _measured(vectorizer, model, row)) for row in rows]
        await _write(database, [(row, value) for row, value in measured if value is not None])
        last = _Key(rows[-1]["directory"], rows[-1]["face"])
        await run.report(run.done + len(rows), total, f"{run.done + len(rows):,} of {total:,} faces.")
        await asyncio.sleep(time.monotonic() - begun)
    if run.done:
        _logger.info("Measured the recognizability of %d faces enrolled without it", run.done)


async def _measured(vectorizer: VectorizerClient, model: Model, row: Any) -> float | None:  # noqa: ANN401 - a record
    """Return the recognizability of a face; None if it stays unmeasured until a later run.

    Nobody can be recognized by a crop that cannot be read. Raises an Outage, also if the model has changed.
    """
    try:
        analysis = await vectorizer.embed_crop(row["crop"], row["score"])
    except Refused:
        return 0.0
    except VectorizerFailed:  # perhaps because of this crop: the others do not wait for it
        return None
    if analysis.model.id != model.id:
        raise VectorizerUnavailable(f"The vectorizers use {analysis.model.id} now, no longer {model.id}.")
    return analysis.faces[0].recognizability


async def _count(database: Database, model: Model) -> int:
    async with database.connection() as connection:
        count: int = await connection.fetchval(_COUNT, model.id, timeout=_MAX_SECONDS)
    return count


async def _unmeasured(database: Database, model: Model, last: _Key) -> list[Any]:
    async with database.connection() as connection:
        rows: list[Any] = await connection.fetch(_UNMEASURED, model.id, *last, _AT_ONCE)
    return rows


async def _write(database: Database, measured: Sequence[tuple[Any, float]]) -> None:
    directories = [row["directory"] for row, _ in measured]
    faces, values = [row["face"] for row, _ in measured], [value for _, value in measured]
    async with database.connection() as connection:
        await connection.execute(_WRITE, directories, faces, values)
