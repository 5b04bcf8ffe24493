"""Sightings: when a person was last recognized, and on which kept photographs, which are deleted with the person."""

from collections.abc import Collection
from contextlib import suppress

from apiserver.biometrics.model import Decision
from apiserver.database.errors import is_read_only
from apiserver.database.pool import Database
from apiserver.directories.lock import attempts
from apiserver.problems import DatabaseBusy, DatabaseUnavailable, DirectoryBusy

# Sightings within an hour count as one: most calls write nothing. The persons are locked in the order of their names,
# as an import locks those whose faces it counts.
_SEE = """
UPDATE persons SET last_seen_at = now() WHERE directory = $1 AND person IN (
    SELECT person FROM persons WHERE directory = $1 AND person = ANY ($2::text[])
    AND (last_seen_at IS NULL OR last_seen_at < now() - interval '1 hour') ORDER BY person FOR NO KEY UPDATE
)
"""

# A person or a photograph that is being removed makes this fail, and another attempt no longer finds it. A photograph
# that names a deleted person expires at once.
_LOCK = f"""
WITH present AS (
    SELECT person FROM persons WHERE directory = $1 AND person = ANY ($3::text[]) ORDER BY person FOR KEY SHARE NOWAIT
), kept AS (
    SELECT image FROM images WHERE directory = $1 AND image = $4::text FOR KEY SHARE NOWAIT
), seen AS ({_SEE}), expired AS (
    UPDATE images SET expires_at = now() WHERE directory = $1 AND image = $4 AND expires_at IS NOT NULL
    AND (SELECT count(*) FROM present) < cardinality($3)
)
SELECT person FROM present WHERE EXISTS (SELECT FROM kept)
"""  # noqa: S608

_NOTE = """
INSERT INTO matched_images (directory, person, image) SELECT $1, unnest($2::text[]), $3 ON CONFLICT DO NOTHING
"""


async def note(
    database: Database, directory: str, named: Collection[tuple[str, Decision]], image_key: str | None
) -> None:
    """Note who was named on a photograph, which is in the object store if it has a key.

    Only a match counts as a sighting. In a database that only reads, nothing is noted. Raises DatabaseUnavailable, or
    DirectoryBusy while one of the persons is being moved or deleted.
    """
    try:
        await _note(database, directory, named, image_key)
    except DatabaseUnavailable as problem:
        if not is_read_only(problem):
            raise


async def _note(
    database: Database, directory: str, named: Collection[tuple[str, Decision]], image_key: str | None
) -> None:
    matched = {person for person, decision in named if decision is Decision.MATCH}
    if image_key is None:  # without a reference to the person there is nothing to protect from a deletion
        async with database.connection(plans_once=True) as connection:
            await connection.execute(_SEE, directory, matched)
        return
    persons = {person for person, _ in named}
    async for _ in attempts(database.timeout_seconds):
        with suppress(DatabaseBusy):
            async with database.transaction(plans_once=True) as connection:
                present = await connection.fetch(_LOCK, directory, matched, persons, image_key)
                if present:
                    await connection.execute(_NOTE, directory, [row["person"] for row in present], image_key)
            return
    raise DirectoryBusy
