"""What merges and splits share: locks on the persons whose faces move, and the deletion of duplicates.

Enrolments are excluded from the directory until the end: earlier ones are waited for and included, later ones see the
result. The persons are locked in the order of their names, to prevent deadlocks.
"""

from collections.abc import Collection
from uuid import UUID

from apiserver.database.session import Connection
from apiserver.directories.lock import MAX_SECONDS, exclude_enrolments
from apiserver.people.records import require_directory
from apiserver.problems import PersonNotFound

_LOCK = "SELECT person FROM persons WHERE directory = $1 AND person = ANY ($2::text[]) ORDER BY person FOR UPDATE"
_CHANGED = """
UPDATE persons SET revision = revision + 1, updated_at = now(),
    face_count = (SELECT count(*) FROM faces WHERE faces.directory = $1 AND faces.person = $2)
WHERE directory = $1 AND person = $2
"""
_COUNT = """
UPDATE persons
SET face_count = (SELECT count(*) FROM faces WHERE faces.directory = $1 AND faces.person = persons.person)
WHERE directory = $1 AND person = ANY ($2::text[])
"""

_HAND_OVER_IMAGES = """
UPDATE faces AS kept SET image = duplicate.image
FROM faces AS duplicate JOIN unnest($2::uuid[], $3::uuid[]) AS pair (face, kept_face) USING (face)
WHERE duplicate.directory = $1 AND duplicate.image IS NOT NULL
AND kept.directory = $1 AND kept.face = pair.kept_face AND kept.image IS NULL
"""
_DELETE = "DELETE FROM faces WHERE directory = $1 AND face = ANY ($2::uuid[]) RETURNING image"
_EXPIRE = """
UPDATE images SET expires_at = now() WHERE directory = $1 AND image = ANY ($2::text[])
AND NOT EXISTS (SELECT FROM faces WHERE faces.directory = $1 AND faces.image = images.image)
"""


async def lock_persons(
    connection: Connection, directory: str, required: Collection[str], others: Collection[str] = ()
) -> None:
    """Lock the `required` persons, and those of `others` who exist, until the transaction ends.

    Raises DirectoryNotFound, or PersonNotFound if a required person does not exist.
    """
    await require_directory(connection, directory)
    await exclude_enrolments(connection, directory)
    missing = set(required) - await lock_existing(connection, directory, [*required, *others])
    if missing:
        raise PersonNotFound(f"The person {min(missing)!r} does not exist in the directory.")


async def lock_existing(connection: Connection, directory: str, persons: Collection[str]) -> set[str]:
    """Lock those of the persons who exist until the transaction ends, and return them."""
    rows = await connection.fetch(_LOCK, directory, list(persons), timeout=MAX_SECONDS)
    return {row["person"] for row in rows}


async def record_moves(connection: Connection, directory: str, person: str, others: Collection[str]) -> None:
    """Record that a person's faces have moved to others, or from them: its revision, and everybody's number of faces.

    The persons must be locked, or made by this transaction.
    """
    await connection.execute(_CHANGED, directory, person)
    await count_faces(connection, directory, others)


async def count_faces(connection: Connection, directory: str, persons: Collection[str]) -> None:
    """Count the faces of persons who are locked, so that nobody else adds or removes some before the end."""
    await connection.execute(_COUNT, directory, list(persons), timeout=MAX_SECONDS)


async def delete_duplicates(connection: Connection, directory: str, pairs: Collection[tuple[UUID, UUID]]) -> None:
    """Delete the first face of each pair; the second face, of the same photograph, takes over its image.

    A person has at most one face for each photograph and model. Enrolments must be excluded from the directory.
    A photograph without a face expires.
    """
    duplicates, kept = [face for face, _ in pairs], [kept_face for _, kept_face in pairs]
    await connection.execute(_HAND_OVER_IMAGES, directory, duplicates, kept, timeout=MAX_SECONDS)
    deleted = await connection.fetch(_DELETE, directory, duplicates, timeout=MAX_SECONDS)
    await connection.execute(_EXPIRE, directory, [row["image"] for row in deleted], timeout=MAX_SECONDS)
