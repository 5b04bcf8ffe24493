"""Who was recognized: when last, and on which kept photographs, so that these go when they do."""

from collections.abc import Collection

from apiserver.database import Database
from apiserver.enrolment_lock import once_let_in
from apiserver.faces import Decision
from apiserver.problems import DatabaseBusy

# Only an hour later does another sighting tell anything new.
_SEE = """
UPDATE persons SET last_seen_at = now() WHERE directory = $1 AND person = ANY ($2::text[])
AND (last_seen_at IS NULL OR last_seen_at < now() - interval '1 hour')
"""

# A person who is being deleted is waited for, though not here, and then not there: a photograph that names them goes at
# once. So is a photograph that is being removed.
_NOTE = f"""
WITH present AS (
    SELECT person FROM persons WHERE directory = $1 AND person = ANY ($3::text[]) ORDER BY person FOR KEY SHARE NOWAIT
), kept AS (
    SELECT image FROM images WHERE directory = $1 AND image = $4::text FOR KEY SHARE NOWAIT
), noted AS (
    INSERT INTO matched_images (directory, person, image) SELECT $1, person, image FROM present, kept
    ON CONFLICT DO NOTHING
), seen AS ({_SEE})
UPDATE images SET expires_at = now() WHERE directory = $1 AND image = $4 AND expires_at IS NOT NULL
AND (SELECT count(*) FROM present) < cardinality($3)
"""  # noqa: S608


async def note(database: Database, directory: str, named: Collection[tuple[str, Decision]], image: str | None) -> None:
    """Note who was named on a photograph, whose object is in the store if it is kept as `image`.

    Only a match counts as having been seen. Raises DatabaseUnavailable, or DirectoryBusy while one of them is being
    moved or deleted.
    """
    matched = {person for person, decision in named if decision is Decision.MATCH}
    if image is None:  # nobody is locked, and mostly nothing written
        async with database.connection() as connection:
            await connection.execute(_SEE, directory, matched)
        return

    async def attempt() -> bool | None:
        try:
            async with database.connection() as connection:
                await connection.execute(_NOTE, directory, matched, {person for person, _ in named}, image)
        except DatabaseBusy:
            return None
        return True

    await once_let_in(attempt, database.timeout_seconds)
