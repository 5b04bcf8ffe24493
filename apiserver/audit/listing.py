"""Entries of the audit in pages, the newest first."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Annotated

from pydantic import Field, TypeAdapter

from apiserver.access.grants import Reach
from apiserver.audit.records import COLUMNS, Entry
from apiserver.database.session import Connection

_MAX_SECONDS = 30
"""Timeout: no index finds a subject or a person, so a rare one is looked for among all entries of the time given."""

# Only of the directories that the caller has ($8 to $10); entries without a directory are for who has all of them.
_PAGE = f"""
WITH sought AS MATERIALIZED (
    SELECT directory, audit_persons(directory, ARRAY[$11], false) AS persons FROM audit_keys
    WHERE $11::text IS NOT NULL AND ($2::text IS NULL OR directory = $2)
)
SELECT {COLUMNS} FROM audit
WHERE id < $1 AND ($2::text IS NULL OR directory = $2) AND ($3::text IS NULL OR subject = $3)
AND ($4::text IS NULL OR action = $4) AND ($5::timestamptz IS NULL OR at >= $5) AND ($6::timestamptz IS NULL OR at < $6)
AND ($7::text IS NULL OR request_id = $7)
AND ($8 OR directory = ANY ($9::text[]) OR EXISTS (
    SELECT FROM unnest($10::text[]) AS prefix WHERE starts_with(directory, prefix)
))
AND ($11::text IS NULL OR EXISTS (
    SELECT FROM sought WHERE sought.directory = audit.directory AND sought.persons && audit.persons
))
ORDER BY id DESC LIMIT $12
"""  # noqa: S608

_NEWEST = 2**63 - 1

Key = tuple[Annotated[int, Field(ge=0, le=_NEWEST)]]
"""The id of the last entry of a page."""

KEY: TypeAdapter[Key] = TypeAdapter(Key)


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries to list. person: a name; its keyed hash is looked for."""

    directory: str | None = None
    subject: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    request_id: str | None = None
    person: str | None = None


async def page(
    connection: Connection, reach: Reach, filter_: AuditFilter, limit: int, after: Key | None
) -> tuple[list[Entry], Key | None]:
    """Return `limit` entries of the directories in reach after the key `after`, and the key of the next page, if any.

    Raises DatabaseUnavailable.
    """
    *wanted, person = (getattr(filter_, field.name) for field in fields(filter_))
    mine = reach.everywhere, list(reach.names), list(reach.prefixes)
    before = after[0] if after else _NEWEST
    rows = await connection.fetch(_PAGE, before, *wanted, *mine, person, limit + 1, timeout=_MAX_SECONDS)
    entries = [Entry.of(row) for row in rows[:limit]]
    return entries, (entries[-1].id,) if len(rows) > limit else None
