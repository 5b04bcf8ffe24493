"""Compares enrolled faces with each other: the job that looks through a whole directory, and what others share of it.

The job keeps doubts about faces and pairs of look-alikes. Each face is a search of the directory's own index, so a
large directory costs its number of faces times a search, and not their square.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from apiserver.background import background
from apiserver.biometrics.model import Model
from apiserver.database.pool import Database
from apiserver.database.session import Connection
from apiserver.directories.lock import ENTER, attempts
from apiserver.directories.records import Directories, SearchTerms
from apiserver.directories.sizes import DirectorySizes
from apiserver.enrolment.likeness import MAX_OWN_FACES, another, search_of
from apiserver.enrolment.warnings import EnrolmentWarning, Likeness, Resemblance, likeness_warnings
from apiserver.jobs.records import enqueue
from apiserver.jobs.runs import Run
from apiserver.jobs.turns import TurnOver
from apiserver.people import doubts, lookalikes
from apiserver.people.doubts import FoundDoubt
from apiserver.people.lookalikes import FoundPair
from apiserver.people.unlike import OWN
from apiserver.problems import DirectoryBusy
from apiserver.search.cache import CodeCache
from apiserver.search.effort import Efforts
from apiserver.search.identification import Identification
from apiserver.search.planning import SwitchPoints

KIND = "comparison"
"""Kind of the jobs that compare a directory's faces."""

_AT_ONCE = 200
"""Faces whose doubts are written together."""
_COMPARISONS = 500_000
"""Comparisons of one statement, well within its timeout."""
_MAX_PROBES = 20

# A directory that has been deleted since has nothing to compare.
_BEGIN = """
INSERT INTO comparisons AS latest (directory, job, model, position)
SELECT directory, $2, $3, '00000000-0000-0000-0000-000000000000' FROM directories WHERE directory = $1
ON CONFLICT (directory) DO UPDATE SET job = excluded.job, model = excluded.model, started_at = excluded.started_at,
    position = excluded.position, compared = 0, finished_at = NULL
WHERE latest.job <> excluded.job OR latest.model <> excluded.model
"""
_READ = "SELECT job, model, started_at, position, compared, finished_at FROM comparisons WHERE directory = $1"
_NEXT = f"""
SELECT compared.face, compared.person, compared.embedding, own.faces, own.best, own.similarity
FROM (
    SELECT face, person, embedding, image_sha256 FROM faces
    WHERE directory = $1 AND model = $2 AND face > $3 ORDER BY face LIMIT $4
) AS compared
CROSS JOIN LATERAL (
    SELECT {OWN} FROM (
        SELECT least(-(embedding <#> compared.embedding), 1) AS similarity FROM faces AS others
        WHERE others.directory = $1 AND others.model = $2 AND others.person = compared.person
        AND others.image_sha256 <> compared.image_sha256 LIMIT {MAX_OWN_FACES}
    ) AS others
) AS own
ORDER BY compared.face
"""  # noqa: S608
# Written once, even if a second worker has taken over a job whose first worker still runs.
_ADVANCE = """
UPDATE comparisons SET position = $3, compared = compared + $4
WHERE directory = $1 AND job = $2 AND position < $3 RETURNING compared
"""
_FINISH = "UPDATE comparisons SET finished_at = now() WHERE directory = $1 AND job = $2"

_KEPT = frozenset(Resemblance)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The latest comparison of a directory; position: the last face that it has compared."""

    job: UUID
    model: str
    started_at: datetime
    position: UUID
    compared: int
    finished_at: datetime | None


class Compared(NamedTuple):
    """A row of an enrolled face, and the likeness of the face."""

    row: Any
    likeness: Likeness


class Comparing:
    """Compares faces of a directory with all others, for a job."""

    def __init__(self, run: Run, directory: str, model: Model, terms: SearchTerms) -> None:
        settings, database = run.resources.settings, run.resources.database
        points, efforts = SwitchPoints.of(settings), Efforts(settings.search_recall)
        self.codes = CodeCache(database, points)
        self._identification = Identification(database, points, efforts, self.codes)
        self._search = search_of(directory, model, consent_required=bool(terms.settings.require_consent))
        self._terms = terms
        self.model = model
        self.faces = terms.size.faces

    @classmethod
    @asynccontextmanager
    async def of(cls, run: Run, directory: str) -> "AsyncIterator[Comparing]":
        """Yield the comparison under the model in use. Raises an Outage."""
        database = run.resources.database
        model = await run.resources.vectorizer.model_in_use()
        directories = Directories(database, DirectorySizes(database), run.resources.settings.fpir)
        comparing = cls(run, directory, model, await directories.search_terms(directory, model))
        async with background(comparing.codes.run()):
            yield comparing

    async def compare(self, rows: Sequence[Any]) -> AsyncIterator[Compared]:
        """Yield the likenesses of the faces. rows: `person`, `embedding` and the columns of `OWN`. Raises an Outage."""
        step = max(1, min(_MAX_PROBES, _COMPARISONS // max(self.faces, 1)))
        for first in range(0, len(rows), step):
            batch = rows[first : first + step]
            probes = [row["embedding"].to_list() for row in batch]
            results = await self._identification.identify(self._search, probes, self._terms.size)
            for row, result in zip(batch, results, strict=True):
                own = (row["faces"], row["best"], row["similarity"])
                yield Compared(row, Likeness(another(result, row["person"]), *own))

    def warnings(self, likeness: Likeness) -> list[EnrolmentWarning]:
        """Return the warnings of a face."""
        return likeness_warnings(likeness, self._terms.applied.thresholds, self.model)

    def pair(self, compared: Compared) -> list[FoundPair]:
        """Return the pair of persons who may be one, if the face shows one."""
        best = compared.likeness.another
        if best is None or best.similarity < self._terms.applied.thresholds.review:
            return []
        return [FoundPair(compared.row["person"], best.person, best.similarity)]


def kept_doubts(face: UUID, person: str, warnings: Sequence[EnrolmentWarning]) -> list[FoundDoubt]:
    """Return what is kept of the warnings about a face: doubts about the person, but not about the photograph."""
    return [
        FoundDoubt(face, person, warning.code, warning.person, warning.value, warning.limit)
        for warning in warnings
        if warning.code in _KEPT
    ]


async def start(connection: Connection, directory: str) -> UUID:
    """Enqueue the comparison of a directory, unless one waits already; return the job. Raises DatabaseUnavailable."""
    key = f"{KIND} {directory}"
    return await enqueue(connection, KIND, directory=directory, exclusive=False, deduplication_key=key)


async def latest(connection: Connection, directory: str) -> Comparison | None:
    """Return the latest comparison of a directory that has begun, if any. Raises DatabaseUnavailable."""
    row = await connection.fetchrow(_READ, directory)
    return Comparison(**row) if row else None


async def compare_directory(run: Run) -> None:
    """Compare all faces of a directory under the model in use. Raises an Outage or TurnOver."""
    database, directory = run.resources.database, str(run.directory)
    async with Comparing.of(run, directory) as comparing:
        if comparison := await _begin(database, directory, run.job, comparing.model.id):
            await _compare_all(run, database, directory, comparing, comparison)


async def _compare_all(
    run: Run, database: Database, directory: str, comparing: Comparing, comparison: Comparison
) -> None:
    position, done = comparison.position, comparison.compared
    while rows := await _next(database, directory, comparing.model, position):
        compared = [each async for each in comparing.compare(rows)]
        position, done = rows[-1]["face"], done + len(rows)
        await _write(database, directory, comparison, comparing, compared)
        await run.report(done, max(done, comparing.faces), f"{done:,} of {comparing.faces:,} faces compared.")
        if await run.turn.is_over():
            raise TurnOver
    async with database.connection() as connection, connection.transaction():
        await doubts.delete_unconfirmed(connection, directory, comparison.started_at)
        await lookalikes.delete_unconfirmed(connection, directory, comparison.started_at)
        await connection.execute(_FINISH, directory, run.job)


async def _begin(database: Database, directory: str, job: UUID, model: str) -> Comparison | None:
    async with database.connection() as connection:
        await connection.execute(_BEGIN, directory, job, model)
        return await latest(connection, directory)


async def _next(database: Database, directory: str, model: Model, position: UUID) -> list[Any]:
    async with database.connection() as connection:
        rows: list[Any] = await connection.fetch(_NEXT, directory, model.id, position, _AT_ONCE)
    return rows


async def _write(
    database: Database, directory: str, comparison: Comparison, comparing: Comparing, compared: Sequence[Compared]
) -> None:
    """Write what was found while nobody is deleted. Raises DatabaseUnavailable, or DirectoryBusy."""
    found = [
        doubt
        for each in compared
        for doubt in kept_doubts(each.row["face"], each.row["person"], comparing.warnings(each.likeness))
    ]
    pairs = [pair for each in compared for pair in comparing.pair(each)]
    async for _ in attempts(database.timeout_seconds):
        async with database.connection() as connection, connection.transaction():
            if not await connection.fetchval(ENTER, directory):
                continue
            position = compared[-1].row["face"]
            if await connection.fetchval(_ADVANCE, directory, comparison.job, position, len(compared)):
                await doubts.keep(connection, directory, found)
                await lookalikes.keep(connection, directory, pairs, comparison.started_at)
        return
    raise DirectoryBusy
