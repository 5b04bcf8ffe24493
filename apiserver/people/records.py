"""Rows of persons: their details, without the faces."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from apiserver.audit import records as audit
from apiserver.consent import COLUMNS as CONSENT
from apiserver.consent import NO_CONSENT, Consent
from apiserver.database.session import Connection
from apiserver.directories import records
from apiserver.directories.lock import MAX_SECONDS, exclude_enrolments
from apiserver.problems import DatabaseBusy, DirectoryNotFound, PersonNotFound
from apiserver.revisions import ALWAYS, Condition

# The faces of a person are read once, for three values. They are texts: Citus knows no rows without a type.
_ENROLLED = """(
    SELECT ARRAY[
        count(*)::text, count(image)::text,
        (array_agg(face ORDER BY recognizability DESC NULLS LAST, score DESC, face))[1]::text
    ]
    FROM faces WHERE faces.directory = $1 AND faces.person = persons.person
) AS enrolled"""
_WARNINGS = """(
    SELECT count(*) FROM face_warnings
    WHERE face_warnings.directory = $1 AND face_warnings.person = persons.person AND dismissed_at IS NULL
) AS warnings"""

COLUMNS = f"""directory, person, display_name, external_id, metadata, {_ENROLLED}, {_WARNINGS},
    created_at, updated_at, last_seen_at, revision, restricted, {CONSENT}"""
"""Columns of `persons` for `Person.of`. $1 is the directory, which selects one partition of `faces`."""

_READ = f"SELECT {COLUMNS} FROM persons WHERE directory = $1 AND person = $2"
_READ_ALL = f"SELECT {COLUMNS} FROM persons WHERE directory = $1 AND person = ANY ($2::text[])"
_LOCK = f"{_READ} FOR NO KEY UPDATE"
_HAS_DIRECTORY = "SELECT EXISTS (SELECT FROM directories WHERE directory = $1)"

_ADD = f"""
INSERT INTO persons (directory, person, display_name, external_id, metadata, restricted, {CONSENT})
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (directory, person) DO NOTHING RETURNING true
"""

# No part compares parameters alone: where one cannot be true, Citus runs nothing of the statement, and says nothing.
# Foreign keys are checked at the end of a statement, so one statement renames the person in all tables, including the
# items of imports that are still waiting. Citus has no ON UPDATE CASCADE, which would do the rest.
_EDIT = f"""
WITH renamed AS (
    UPDATE faces SET person = $3 WHERE directory = $1 AND person = $2 AND person <> $3
), renamed_items AS (
    UPDATE import_items SET
        person = CASE WHEN person = $2 THEN $3 ELSE person END, other = CASE WHEN other = $2 THEN $3 ELSE other END
    WHERE directory = $1 AND (person = $2 AND person <> $3 OR other = $2 AND other <> $3)
), renamed_matches AS (
    UPDATE matched_images SET person = $3 WHERE directory = $1 AND person = $2 AND person <> $3
), renamed_merges AS (
    UPDATE merges SET person = $3 WHERE directory = $1 AND person = $2 AND person <> $3
), renamed_warnings AS (
    UPDATE face_warnings SET
        person = CASE WHEN person = $2 THEN $3 ELSE person END, other = CASE WHEN other = $2 THEN $3 ELSE other END
    WHERE directory = $1 AND (person = $2 AND person <> $3 OR other = $2 AND other <> $3)
), renamed_lookalikes AS (
    UPDATE lookalikes SET
        person = CASE WHEN person = $2 THEN $3 ELSE person END, other = CASE WHEN other = $2 THEN $3 ELSE other END
    WHERE directory = $1 AND (person = $2 AND person <> $3 OR other = $2 AND other <> $3)
)
UPDATE persons
SET person = $3, display_name = $4, external_id = $5, metadata = $6, restricted = $7,
    ({CONSENT}) = ($8, $9, $10, $11, $12), revision = revision + 1, updated_at = now()
WHERE directory = $1 AND person = $2
"""


@dataclass(frozen=True, slots=True)
class Details:
    """Editable details of a person; one who is restricted is never named."""

    display_name: str | None
    external_id: str | None
    metadata: dict[str, Any]
    consent: Consent | None = None
    restricted: bool = False


_NO_DETAILS = Details(None, None, {})


@dataclass(frozen=True, slots=True)
class Enrolled:
    """How much shows a person. faces: of all models. photographs: those of them that are kept.

    best: the most recognizable face, None if there is none. warnings: doubts about faces that nobody dismissed.
    """

    faces: int
    photographs: int
    best: UUID | None
    warnings: int


@dataclass(frozen=True, slots=True)
class Person:
    """A person of a directory. last_seen_at: precise to the hour."""

    directory: str
    person: str
    details: Details
    enrolled: Enrolled
    created_at: datetime
    updated_at: datetime
    last_seen_at: datetime | None
    revision: int

    @classmethod
    def of(cls, row: Any) -> Self:  # noqa: ANN401 - asyncpg's records have no type
        """Convert a row of `COLUMNS` to a person."""
        named = (row["display_name"], row["external_id"], json.loads(row["metadata"]))
        details = Details(*named, Consent.of(row), row["restricted"])
        faces, photographs, best = row["enrolled"]
        enrolled = Enrolled(int(faces), int(photographs), best and UUID(best), row["warnings"])
        changed = (row["created_at"], row["updated_at"], row["last_seen_at"], row["revision"])
        return cls(row["directory"], row["person"], details, enrolled, *changed)


async def read(connection: Connection, directory: str, person: str) -> Person:
    """Return a person. Raises DirectoryNotFound, PersonNotFound or DatabaseUnavailable."""
    return await _read(connection, _READ, directory, person)


async def read_all(connection: Connection, directory: str, persons: Iterable[str]) -> dict[str, Person]:
    """Return those of the persons who exist, by id. Raises DatabaseUnavailable."""
    named = list(set(persons))
    rows = await connection.fetch(_READ_ALL, directory, named) if named else []
    return {row["person"]: Person.of(row) for row in rows}


async def put(
    connection: Connection,
    directory: str,
    person: str,
    details: Details,
    condition: Condition = ALWAYS,
    *,
    make_directory: bool,
    keep_restriction: bool = False,
) -> tuple[Person, bool]:
    """Replace the details of a person, or create the person; return the person and whether it was created.

    make_directory: create a missing directory; otherwise raises DirectoryNotFound. keep_restriction: an existing person
    stays restricted or not. Raises PreconditionFailed, AlreadyExists,
    ExternalIdTaken, DatabaseBusy if another request creates the person at the same time, or DatabaseUnavailable.
    """
    async with connection.transaction():
        if make_directory:
            await records.make_directory(connection, directory)
        try:
            known = await _read(connection, _LOCK, directory, person)
        except PersonNotFound:
            condition.check(None)
            await _add(connection, directory, person, details)
            counts = {"created": 1} | _changed(_NO_DETAILS, details)
            await audit.record(connection, directory=directory, persons=[person], counts=counts)
            return await read(connection, directory, person), True
        condition.check(known.revision)
        if keep_restriction:
            details = replace(details, restricted=known.details.restricted)
        return await _write(connection, known, person, details), False


async def edit(
    connection: Connection,
    directory: str,
    person: str,
    changes: Mapping[str, Any],
    condition: Condition = ALWAYS,
) -> Person:
    """Apply `changes` (fields of Details, or `person`, the new id), and return the changed person.

    Raises DirectoryNotFound, PersonNotFound, PersonExists, ExternalIdTaken, PreconditionFailed or DatabaseUnavailable.
    """
    name = changes.get("person", person)
    async with connection.transaction():
        if name != person:
            await exclude_enrolments(connection, directory)
        known = await _read(connection, _LOCK, directory, person)
        condition.check(known.revision)
        if not changes:
            return known
        details = replace(known.details, **{key: value for key, value in changes.items() if key != "person"})
        return await _write(connection, known, name, details)


async def require_directory(connection: Connection, directory: str) -> None:
    """Raise DirectoryNotFound if the directory does not exist."""
    if not await connection.fetchval(_HAS_DIRECTORY, directory):
        raise DirectoryNotFound


async def _read(connection: Connection, statement: str, directory: str, person: str) -> Person:
    row = await connection.fetchrow(statement, directory, person)
    if row is None:
        await require_directory(connection, directory)
        raise PersonNotFound
    return Person.of(row)


async def _add(connection: Connection, directory: str, person: str, details: Details) -> None:
    if not await connection.fetchval(_ADD, directory, person, *_columns(details)):
        raise DatabaseBusy


async def _write(connection: Connection, known: Person, name: str, details: Details) -> Person:
    columns = _columns(details)
    await audit.record(
        connection,
        directory=known.directory,
        persons=sorted({known.person, name}),
        counts=_changed(known.details, details),
    )
    await connection.execute(_EDIT, known.directory, known.person, name, *columns, timeout=MAX_SECONDS)
    return await read(connection, known.directory, name)


def _changed(before: Details, after: Details) -> dict[str, int]:
    """Return which details a change concerns, without their values; a withdrawn consent counts as such."""
    changed = {field.name: 1 for field in fields(Details) if getattr(before, field.name) != getattr(after, field.name)}
    if "consent" in changed and after.consent and after.consent.withdrawn_at:
        changed["consent_withdrawn"] = changed.pop("consent")
    return changed


def _columns(details: Details) -> tuple[object, ...]:
    consent = details.consent.columns() if details.consent else NO_CONSENT
    return details.display_name, details.external_id, json.dumps(details.metadata), details.restricted, *consent
