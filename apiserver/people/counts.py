"""The number of faces kept with each person, which statements that write faces keep up to date, counted again."""

from apiserver.database.pool import Database, Share
from apiserver.people.moving import count_faces, lock_existing

_AT_ONCE = 1_000
_MAX_SECONDS = 600

_DIRECTORIES = "SELECT directory FROM directories ORDER BY directory"

_MISCOUNTED = """
SELECT person FROM persons LEFT JOIN (
    SELECT person, count(*) AS faces FROM faces WHERE directory = $1 GROUP BY person
) AS counted USING (person)
WHERE directory = $1 AND face_count <> coalesce(faces, 0) ORDER BY person LIMIT $2
"""


async def recount(database: Database) -> int:
    """Correct the numbers that are wrong, and return how many were; they are if another release writes faces.

    Raises DatabaseUnavailable.
    """
    async with database.connection(Share.LONG) as connection:
        directories = [row["directory"] for row in await connection.fetch(_DIRECTORIES, timeout=_MAX_SECONDS)]
    return sum([await _recount(database, directory) for directory in directories])


async def _recount(database: Database, directory: str) -> int:
    corrected = 0
    async with database.connection(Share.LONG) as connection:
        while rows := await connection.fetch(_MISCOUNTED, directory, _AT_ONCE, timeout=_MAX_SECONDS):
            persons = [row["person"] for row in rows]
            async with connection.transaction():
                await lock_existing(connection, directory, persons)
                await count_faces(connection, directory, persons)
            corrected += len(persons)
            if len(persons) < _AT_ONCE:
                break
    return corrected
