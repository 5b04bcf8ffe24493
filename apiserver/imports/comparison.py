"""Warns of the enrolled faces of an import that resemble another person, or not the one they are enrolled as.

Faces are compared after all of them are enrolled. What a warning says then depends neither on the order in which they
were enrolled nor on which of them were enrolled together, and a run after a crash says the same.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from apiserver.biometrics.model import Model
from apiserver.database.pool import Database
from apiserver.directories.lock import ENTER, attempts
from apiserver.enrolment.comparing import Comparing, kept_doubts
from apiserver.enrolment.likeness import MAX_OWN_FACES
from apiserver.enrolment.warnings import EnrolmentWarning
from apiserver.imports.records import Import, write_warnings
from apiserver.jobs.runs import Run
from apiserver.jobs.turns import TurnOver
from apiserver.people import doubts
from apiserver.people.unlike import OWN
from apiserver.problems import DirectoryBusy

_AT_ONCE = 200
"""Faces whose warnings are written together."""

_IS_LEFT = """
SELECT EXISTS (
    SELECT FROM import_items WHERE directory = $1 AND job = $2 AND face IS NOT NULL AND n > imports.compared_to
)
FROM imports WHERE directory = $1 AND job = $2
"""

# The subquery applies the limit first. A face that was deleted, or is of another model, has no embedding here.
_NEXT = f"""
SELECT item.n, faces.face, faces.person, faces.embedding, own.faces, own.best, own.similarity
FROM (
    SELECT n, face FROM import_items JOIN imports USING (directory, job)
    WHERE directory = $1 AND job = $2 AND face IS NOT NULL AND n > compared_to ORDER BY n LIMIT $4
) AS item
LEFT JOIN (
    SELECT face, person, embedding, image_sha256 FROM faces WHERE directory = $1 AND model = $3
) AS faces ON faces.face = item.face
CROSS JOIN LATERAL (
    SELECT {OWN} FROM (
        SELECT least(-(embedding <#> faces.embedding), 1) AS similarity FROM faces AS others
        WHERE others.directory = $1 AND others.model = $3 AND others.person = faces.person
        AND others.image_sha256 <> faces.image_sha256 LIMIT {MAX_OWN_FACES}
    ) AS others
) AS own
ORDER BY item.n
"""  # noqa: S608

# Written once, even if a second worker has taken over a job whose first worker still runs.
_COMPARED = """
UPDATE imports SET compared_to = $3 WHERE directory = $1 AND job = $2 AND compared_to < $3 RETURNING true
"""
_WRITE = """
UPDATE import_items AS item SET warnings = new.warnings || coalesce(item.warnings, '[]'),
    other = (SELECT person FROM persons WHERE directory = $1 AND persons.person = new.other)
FROM unnest($3::bigint[], $4::jsonb[], $5::text[]) AS new (n, warnings, other)
WHERE directory = $1 AND job = $2 AND item.n = new.n
"""


class _Compared(NamedTuple):
    n: int
    face: UUID
    person: str
    warnings: Sequence[EnrolmentWarning]

    @property
    def other(self) -> str | None:
        """The person that the warnings name: all of them name the same one."""
        return next((warning.person for warning in self.warnings if warning.person), None)


async def compare_enrolled(run: Run, import_: Import) -> None:
    """Compare the enrolled faces that were not compared yet, and write the warnings. Raises an Outage or TurnOver."""
    database = run.resources.database
    if not await _is_left(database, import_):
        return
    async with Comparing.of(run, import_.directory) as comparing:
        await _compare_left(run, database, import_, comparing)


async def _compare_left(run: Run, database: Database, import_: Import, comparing: Comparing) -> None:
    note = run.note or ""
    while rows := await _next(database, import_, comparing.model):
        found = [row for row in rows if row["embedding"] is not None]
        each_compared = [
            _Compared(each.row["n"], each.row["face"], each.row["person"], comparing.warnings(each.likeness))
            async for each in comparing.compare(found)
        ]
        compared = [each for each in each_compared if each.warnings]
        await _write(database, import_, rows[-1]["n"], compared)
        await run.report(run.done, run.total, f"{note} Comparing the faces: {rows[-1]['n'] + 1:,}.")
        if await run.turn.is_over():
            await run.report(run.done, run.total, note)
            raise TurnOver
    await run.report(run.done, run.total, note)


async def _is_left(database: Database, import_: Import) -> bool:
    async with database.connection() as connection:
        return bool(await connection.fetchval(_IS_LEFT, *import_))


async def _next(database: Database, import_: Import, model: Model) -> list[Any]:
    async with database.connection() as connection:
        rows: list[Any] = await connection.fetch(_NEXT, *import_, model.id, _AT_ONCE)
    return rows


async def _write(database: Database, import_: Import, last: int, compared: Sequence[_Compared]) -> None:
    """Write warnings while nobody is deleted, so that nobody who was deleted is named.

    Raises DatabaseUnavailable, or DirectoryBusy while enrolments are excluded from the directory.
    """
    columns = (
        [each.n for each in compared],
        [write_warnings(each.warnings) for each in compared],
        [each.other for each in compared],
    )
    kept = [doubt for each in compared for doubt in kept_doubts(each.face, each.person, each.warnings)]
    async for _ in attempts(database.timeout_seconds):
        async with database.connection() as connection, connection.transaction():
            if not await connection.fetchval(ENTER, import_.directory):
                continue
            if await connection.fetchval(_COMPARED, *import_, last):
                await connection.execute(_WRITE, *import_, *columns)
                await doubts.keep(connection, import_.directory, kept)
        return
    raise DirectoryBusy
