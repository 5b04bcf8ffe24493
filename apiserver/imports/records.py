"""Rows of imports: the items to enrol, in order, and the outcome of each."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from apiserver.database.pool import Database, Share
from apiserver.database.session import Connection
from apiserver.enrolment.warnings import EnrolmentWarning, detail_of
from apiserver.problems import DatabaseBusy, JobNotFound
from apiserver.turns import taking_turns

KIND = "import"

_ADD_SECONDS = 600
_ADDED_AT_ONCE = 2_000
_DELETED_AT_ONCE = 10_000

# COPY is refused below row-level security; Citus would use it too, if nothing were returned.
_ADD_ITEMS = """
INSERT INTO import_items AS added (directory, job, n, person, name, source)
SELECT $1, $2, * FROM unnest($3::bigint[], $4::text[], $5::text[], $6::jsonb[]) RETURNING true
"""

_ADD = "INSERT INTO imports (directory, job, planned) VALUES ($1, $2, $3)"

_IS_UNFINISHED = """
SELECT NOT planned OR EXISTS (SELECT FROM import_items WHERE directory = $1 AND job = $2 AND outcome IS NULL)
FROM imports WHERE directory = $1 AND job = $2
"""

_IS_PLANNED = "SELECT planned FROM imports WHERE directory = $1 AND job = $2"

_WAITING = """
SELECT n, person, name, source FROM import_items
WHERE directory = $1 AND job = $2 AND n > $3 AND outcome IS NULL ORDER BY n LIMIT $4
"""

_TALLY = """
SELECT coalesce(outcome, 'waiting') AS outcome, count(*) FROM import_items WHERE directory = $1 AND job = $2 GROUP BY 1
"""

_WARNED = """
SELECT count(*) FROM import_items WHERE directory = $1 AND job = $2 AND warnings @> jsonb_build_array($3::jsonb)
"""

_WRITE_OUTCOMES = """
UPDATE import_items AS item
SET outcome = new.outcome, face = new.face, code = new.code, detail = new.detail, warnings = new.warnings
FROM unnest($3::bigint[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::jsonb[])
    AS new (n, outcome, face, code, detail, warnings)
WHERE directory = $1 AND job = $2 AND item.n = new.n
"""

_EXISTS = "SELECT true FROM imports WHERE directory = $1 AND job = $2"

_OUTCOMES = """
SELECT n, person, name, outcome, face, code, detail, warnings, nullif(other, person) AS other FROM import_items
WHERE directory = $1 AND job = $2 AND n > $3 AND outcome IS NOT NULL ORDER BY n LIMIT $4
"""

_OLD = "SELECT directory, job FROM imports WHERE created_at < now() - $1::interval"

_JOBS = "SELECT job FROM jobs WHERE job = ANY ($1::uuid[])"

_DELETE_ITEMS = """
DELETE FROM import_items WHERE directory = $1 AND job = $2 AND n IN (
    SELECT n FROM import_items WHERE directory = $1 AND job = $2 ORDER BY n LIMIT $3
)
"""

_DELETE = "DELETE FROM imports WHERE directory = $1 AND job = $2"

_DELETE_NAMES = "UPDATE import_items SET other = NULL WHERE directory = $1 AND other = ANY ($2)"

_DELETE_PERSONS = "DELETE FROM import_items WHERE directory = $1 AND ($2::text[] IS NULL OR person = ANY ($2))"

_DELETE_DIRECTORY = "DELETE FROM imports WHERE directory = $1"


class Outcome(StrEnum):
    """Outcome of an item: enrolled, already enrolled, refused, failed after several attempts, or not a photograph."""

    CREATED = "created"
    KNOWN = "known"
    REFUSED = "refused"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Item:
    """A photograph, or a face of a bundle, to enrol. name: for display. source: where the worker finds it."""

    n: int
    person: str
    name: str
    source: Mapping[str, Any]


class ItemOutcome(NamedTuple):
    """Outcome of an item. `code` and `detail` give the reason of a refusal, `warnings` are about an enrolled face."""

    n: int
    outcome: Outcome
    face: UUID | None = None
    code: str | None = None
    detail: str | None = None
    warnings: Sequence[EnrolmentWarning] | None = None


class RecordedOutcome(NamedTuple):
    """The outcome of an item, its person as now named, and the client's name for it."""

    person: str
    name: str
    outcome: ItemOutcome


class Import(NamedTuple):
    """One import of a directory."""

    directory: str
    job: UUID


async def add_import(connection: Connection, import_: Import, *, planned: bool = False) -> None:
    """Create the row of an import; `planned`: all its items are written in the same transaction."""
    await connection.execute(_ADD, *import_, planned)


async def add_items(connection: Connection, import_: Import, items: Iterable[Item]) -> None:
    """Add items to the import."""
    rows: list[tuple[int, str, str, str]] = []
    async for item in taking_turns(items):
        rows.append((item.n, item.person, item.name, json.dumps(item.source)))
        if len(rows) == _ADDED_AT_ONCE:
            await _add_rows(connection, import_, rows)
            rows = []
    if rows:
        await _add_rows(connection, import_, rows)


async def _add_rows(connection: Connection, import_: Import, rows: Sequence[tuple[int, str, str, str]]) -> None:
    columns = (list(column) for column in zip(*rows, strict=True))
    await connection.execute(_ADD_ITEMS, *import_, *columns, timeout=_ADD_SECONDS)


async def is_unfinished(database: Database, import_: Import) -> bool:
    """Return whether items are left to plan or to enrol; False if the directory was deleted."""
    async with database.connection() as connection:
        return bool(await connection.fetchval(_IS_UNFINISHED, *import_))


async def is_planned(database: Database, import_: Import) -> bool:
    """Return whether all items of the import are written."""
    async with database.connection() as connection:
        return bool(await connection.fetchval(_IS_PLANNED, *import_))


async def waiting(database: Database, import_: Import, after: int, limit: int) -> list[Item]:
    """Return the next items after number `after` that have no outcome."""
    async with database.connection() as connection:
        rows = await connection.fetch(_WAITING, *import_, after, limit)
    return [Item(row["n"], row["person"], row["name"], json.loads(row["source"])) for row in rows]


async def tally(database: Database, import_: Import) -> dict[str, int]:
    """Return the number of items by outcome; `waiting` counts those without one."""
    async with database.connection() as connection:
        return {row["outcome"]: row["count"] for row in await connection.fetch(_TALLY, *import_)}


async def count_warned(database: Database, import_: Import, code: str) -> int:
    """Return the number of items with a warning of this code."""
    async with database.connection() as connection:
        return int(await connection.fetchval(_WARNED, *import_, json.dumps({"code": code})))


async def write_outcomes(connection: Connection, import_: Import, outcomes: Sequence[ItemOutcome]) -> None:
    """Write the outcomes of items; there are none if all were deleted meanwhile."""
    if not outcomes:
        return
    rows = [(*outcome[:-1], write_warnings(outcome.warnings)) for outcome in outcomes]
    await connection.execute(_WRITE_OUTCOMES, *import_, *map(list, zip(*rows, strict=True)))


async def read_outcomes(database: Database, import_: Import, after: int, limit: int) -> list[RecordedOutcome]:
    """Return the next outcomes after number `after`, in the order of the items."""
    async with database.connection(Share.READS) as connection:
        rows = await connection.fetch(_OUTCOMES, *import_, after, limit)
    return [RecordedOutcome(row["person"], row["name"], _outcome(row)) async for row in taking_turns(rows)]


def write_warnings(warnings: Sequence[EnrolmentWarning] | None) -> str | None:
    """Return warnings as JSON, without the name of another person: its sentences are composed when they are read."""
    if warnings is None:
        return None
    return json.dumps([_without_name(warning) if warning.person else asdict(warning) for warning in warnings])


def _without_name(warning: EnrolmentWarning) -> dict[str, Any]:
    return {"code": warning.code, "value": warning.value, "limit": warning.limit}


def _outcome(row: Any) -> ItemOutcome:  # noqa: ANN401 - asyncpg's records have no type
    warnings = list(_warnings(json.loads(row["warnings"] or "[]"), row["other"]))
    return ItemOutcome(row["n"], Outcome(row["outcome"]), row["face"], row["code"], row["detail"], warnings)


def _warnings(written: Iterable[dict[str, Any]], other: str | None) -> Iterator[EnrolmentWarning]:
    """Yield the warnings of an item; those that name another person end with that person."""
    for warning in written:
        if "detail" in warning:
            yield EnrolmentWarning(**warning)
        elif other:
            yield EnrolmentWarning(**warning, detail=detail_of(warning["code"], other), person=other)


async def check_exists(database: Database, import_: Import) -> None:
    """Raise JobNotFound if the directory does not have this import."""
    async with database.connection(Share.READS) as connection:
        if not await connection.fetchval(_EXISTS, *import_):
            raise JobNotFound


async def require_visible(connection: Connection, import_: Import) -> None:
    """Raise DatabaseBusy if the row of the import is not seen.

    It was deleted, or a server that was lost while it committed the row does so when it is back.
    """
    if not await connection.fetchval(_EXISTS, *import_):
        raise DatabaseBusy


async def delete_persons(
    connection: Connection, directory: str, persons: Sequence[str] | None, *, seconds: float
) -> None:
    """Delete the items of some persons, or of the whole directory if None, with or without an outcome.

    seconds: limit for each statement.
    """
    await connection.execute(_DELETE_PERSONS, directory, persons, timeout=seconds)
    if persons is not None:
        await connection.execute(_DELETE_NAMES, directory, persons, timeout=seconds)
    else:
        await connection.execute(_DELETE_DIRECTORY, directory, timeout=seconds)


async def delete_without_job(database: Database, age: timedelta) -> None:
    """Delete the imports whose jobs were deleted, in batches of items. Raises DatabaseUnavailable."""
    async with database.connection() as connection:
        await _delete_without_job(connection, [Import(*row) for row in await connection.fetch(_OLD, age)])


async def discard(database: Database, import_: Import) -> bool:
    """Delete an import unless its job was enqueued after all; return whether it was deleted.

    Raises DatabaseUnavailable.
    """
    async with database.connection() as connection:
        return import_.job not in await _delete_without_job(connection, [import_])


async def _delete_without_job(connection: Connection, imports: Sequence[Import]) -> set[UUID]:
    """Delete those of the imports that have no job, and return the jobs of the others."""
    known = {row["job"] for row in await connection.fetch(_JOBS, [import_.job for import_ in imports])}
    for import_ in imports:
        if import_.job not in known:
            while not (await connection.execute(_DELETE_ITEMS, *import_, _DELETED_AT_ONCE)).endswith(" 0"):
                pass
            await connection.execute(_DELETE, *import_)
    return known
