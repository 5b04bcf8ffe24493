"""Directories in pages, ordered by name."""

from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from apiserver.access.grants import EVERYWHERE, Reach
from apiserver.database.session import Connection
from apiserver.list_keys import after_prefix

_MAX_SECONDS = 60
"""The first directory of a page is always counted, however large it is."""

_NAMES = """
SELECT directory FROM directories
WHERE directory > $1 AND directory >= $2 AND ($3::text IS NULL OR directory < $3)
AND ($5 OR directory = ANY ($6::text[]) OR directory ^@ ANY ($7::text[]))
ORDER BY directory LIMIT $4
"""

# The others are counted, in order, until one second has passed: large directories make a page shorter, not slower. A
# separate statement, because Citus, whose servers count at the same time, does not join what a LIMIT selects.
_COUNT = """
SELECT directory, created_at,
    CASE WHEN directory = $2 OR clock_timestamp() < statement_timestamp() + interval '1 second' THEN ARRAY[
        (SELECT count(*) FROM persons WHERE persons.directory = directories.directory),
        (SELECT count(*) FROM faces WHERE faces.directory = directories.directory)
    ] END AS counts
FROM directories WHERE directory = ANY ($1::text[]) ORDER BY directory
"""


@dataclass(frozen=True, slots=True)
class Summary:
    """A directory with its number of persons and faces, of all models."""

    directory: str
    created_at: datetime
    persons: int
    faces: int


async def page(
    connection: Connection, prefix: str, limit: int, after: str | None, reach: Reach = EVERYWHERE
) -> tuple[list[Summary], str | None]:
    """Return up to `limit` directories of the reach after the name `after`, and the last name if more follow.

    Returns fewer (but at least one, if any follows) if counting would take too long. Raises DatabaseUnavailable.
    """
    values = (
        after or "",
        prefix,
        after_prefix(prefix),
        limit + 1,
        reach.everywhere,
        list(reach.names),
        list(reach.prefixes),
    )
    names = [row["directory"] for row in await connection.fetch(_NAMES, *values)]
    if not names:
        return [], None
    rows = await connection.fetch(_COUNT, names[:limit], names[0], timeout=_MAX_SECONDS)
    counted = takewhile(lambda row: row["counts"], rows)
    found = [Summary(directory, created_at, *counts) for directory, created_at, counts in counted]
    last = found[-1].directory if found else names[0]  # none if all were deleted in between
    return found, last if len(found) < len(names) else None


# Names in PostgreSQL's own order of bytes, as those of the pages above.
_MATCHING = """
SELECT directory FROM directories
WHERE directory > $1 AND directory ~ $2
AND ($4 OR directory = ANY ($5::text[]) OR directory ^@ ANY ($6::text[]))
ORDER BY directory LIMIT $3
"""


async def names(
    connection: Connection, pattern: str, limit: int, after: str | None, reach: Reach
) -> tuple[list[str], str | None]:
    """Return up to `limit` names of directories of the reach that match a pattern, and the last one if more follow."""
    values = (limit + 1, reach.everywhere, list(reach.names), list(reach.prefixes))
    rows = await connection.fetch(_MATCHING, after or "", pattern, *values)
    found = [row["directory"] for row in rows]
    return found[:limit], found[limit - 1] if len(found) > limit else None
