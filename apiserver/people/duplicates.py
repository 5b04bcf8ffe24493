"""Removal of duplicates: a person has at most one face for each photograph and model."""

from collections.abc import Collection
from uuid import UUID

from apiserver.database import Connection
from apiserver.directories.lock import MAX_SECONDS

_SHOW = """
UPDATE faces AS kept SET image = gone.image
FROM faces AS gone JOIN unnest($2::uuid[], $3::uuid[]) AS pair (face, kept_face) USING (face)
WHERE gone.directory = $1 AND gone.image IS NOT NULL
AND kept.directory = $1 AND kept.face = pair.kept_face AND kept.image IS NULL
"""
_REMOVE = "DELETE FROM faces WHERE directory = $1 AND face = ANY ($2::uuid[]) RETURNING image"
_EXPIRE = """
UPDATE images SET expires_at = now() WHERE directory = $1 AND image = ANY ($2::text[])
AND NOT EXISTS (SELECT FROM faces WHERE faces.directory = $1 AND faces.image = images.image)
"""


async def remove_duplicates(connection: Connection, directory: str, pairs: Collection[tuple[UUID, UUID]]) -> None:
    """Delete the first face of each pair; the second face, of the same photograph, takes over its image.

    Enrolments must be excluded from the directory. A photograph without a face expires.
    """
    gone, kept = [face for face, _ in pairs], [kept_face for _, kept_face in pairs]
    await connection.execute(_SHOW, directory, gone, kept, timeout=MAX_SECONDS)
    removed = await connection.fetch(_REMOVE, directory, gone, timeout=MAX_SECONDS)
    await connection.execute(_EXPIRE, directory, [row["image"] for row in removed], timeout=MAX_SECONDS)
