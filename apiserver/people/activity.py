"""What happened in a directory, from what is kept of it: erased people leave nothing here.

Each kind of event has an index by time, so that every page costs the same.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter

from apiserver.database.session import Connection
from apiserver.list_keys import Time
from apiserver.people.records import require_directory


class EventKind(StrEnum):
    """What happened: a photograph was learned or recognized, a person was added, persons were merged or deleted."""

    PHOTOGRAPH = "photograph"
    ADDED = "added"
    MERGED = "merged"
    DELETED = "deleted"


_PHOTOGRAPHS = """
SELECT created_at AS at, image AS id, jsonb_build_object(
    'recognized', coalesce((
        SELECT jsonb_agg(person ORDER BY person) FROM matched_images
        WHERE matched_images.directory = $1 AND matched_images.image = listed.image
    ), '[]'),
    'learned', coalesce((
        SELECT jsonb_agg(jsonb_build_object('person', person, 'face', face) ORDER BY person, face) FROM faces
        WHERE faces.directory = $1 AND faces.image = listed.image
    ), '[]')
) AS details
FROM (
    SELECT directory, image, created_at FROM images
    WHERE directory = $1 AND (expires_at IS NULL OR expires_at > now()) AND {behind}
    ORDER BY created_at DESC, image DESC LIMIT $2
) AS listed
"""
_ADDED = """
SELECT created_at AS at, person AS id, jsonb_build_object('person', person, 'display_name', display_name) AS details
FROM persons WHERE directory = $1 AND {behind} ORDER BY created_at DESC, person DESC LIMIT $2
"""
_MERGED = """
SELECT merged_at AS at, merge::text AS id,
    jsonb_build_object('person', person, 'merge', merge, 'undone_at', undone_at) AS details
FROM merges WHERE directory = $1 AND {behind} ORDER BY merged_at DESC, merge DESC LIMIT $2
"""
_DELETED = """
SELECT requested_at AS at, deletion::text AS id, jsonb_build_object(
    'deletion', deletion, 'persons', persons, 'faces', faces, 'images', images, 'finished_at', finished_at
) AS details
FROM deletions WHERE directory = $1 AND {behind} ORDER BY requested_at DESC, deletion DESC LIMIT $2
"""
_KINDS = {
    EventKind.PHOTOGRAPH: (_PHOTOGRAPHS, "created_at", "image"),
    EventKind.ADDED: (_ADDED, "created_at", "person"),
    EventKind.MERGED: (_MERGED, "merged_at", "merge::text"),
    EventKind.DELETED: (_DELETED, "requested_at", "deletion::text"),
}

# Of two events at one time, that of the later kind by name comes first. The first page has a key, too.
_BEHIND = """{time} <= coalesce($3::timestamptz, 'infinity') AND ({time}, '{kind}', {id} COLLATE "C")
    < (coalesce($3::timestamptz, 'infinity'), coalesce($4::text, ''), coalesce($5::text, ''))"""

Key = tuple[Time, EventKind, str]
"""Key of the last item of a page: its time, kind and id."""

KEY: TypeAdapter[Key] = TypeAdapter(Key)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. id: of the photograph, the person, the merge or the deletion."""

    at: datetime
    kind: EventKind
    id: str
    details: dict[str, Any]


def _statement(kinds: Sequence[EventKind]) -> str:
    """Return the statement for a page of these kinds: as many of each as a page has, in one order."""
    parts = []
    for kind in kinds:
        text, time, identity = _KINDS[kind]
        behind = _BEHIND.format(time=time, kind=kind.value, id=identity)
        parts.append(f"(SELECT at, '{kind.value}' AS kind, id, details FROM ({text.format(behind=behind)}) AS events)")
    order = 'ORDER BY at DESC, kind COLLATE "C" DESC, id COLLATE "C" DESC LIMIT $2'
    return f"SELECT at, kind, id, details FROM ({' UNION ALL '.join(parts)}) AS events {order}"


async def page(
    connection: Connection, directory: str, kinds: Sequence[EventKind], limit: int, after: Key | None
) -> tuple[list[Event], Key | None]:
    """Return the first `limit` events before the key `after`, the latest first, and the key of the next page, if any.

    kinds: only these; all if there are none. Raises DirectoryNotFound or DatabaseUnavailable.
    """
    statement = _statement(list(dict.fromkeys(kinds)) or list(EventKind))
    rows = await connection.fetch(statement, directory, limit + 1, *(after or (None, None, None)))
    if not rows:
        await require_directory(connection, directory)
    events = [Event(row["at"], EventKind(row["kind"]), row["id"], json.loads(row["details"])) for row in rows[:limit]]
    return events, (events[-1].at, events[-1].kind, events[-1].id) if len(rows) > limit else None
