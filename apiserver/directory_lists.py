"""The directories in pages, by name."""

from dataclasses import dataclass
from datetime import datetime

from apiserver.database import Connection
from apiserver.name_ranges import after_prefix

_PAGE = """
SELECT directory, created_at,
    (SELECT count(*) FROM persons WHERE persons.directory = listed.directory) AS persons,
    (SELECT count(*) FROM faces WHERE faces.directory = listed.directory) AS faces
FROM (
    SELECT directory, created_at FROM directories
    WHERE directory > $1 AND directory >= $2 AND ($3::text IS NULL OR directory < $3)
    ORDER BY directory LIMIT $4
) AS listed
ORDER BY directory
"""


@dataclass(frozen=True, slots=True)
class Summary:
    """A directory and how much it holds, of all models."""

    directory: str
    created_at: datetime
    persons: int
    faces: int


async def page(connection: Connection, prefix: str, limit: int, after: str | None) -> tuple[list[Summary], str | None]:
    """Return the first `limit` directories behind `after`, and the last of them if there are more.

    Raises DatabaseUnavailable.
    """
    rows = await connection.fetch(_PAGE, after or "", prefix, after_prefix(prefix), limit + 1)
    found = [Summary(**row) for row in rows[:limit]]
    return found, found[-1].directory if len(rows) > limit else None
