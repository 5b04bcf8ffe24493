"""Merging of persons. A merge keeps what is needed to undo it."""

from collections.abc import Sequence
from uuid import UUID

from apiserver.audit import records as audit
from apiserver.consent import COLUMNS as CONSENT
from apiserver.database.session import Connection
from apiserver.directories.lock import MAX_SECONDS
from apiserver.people.moving import delete_duplicates, lock_persons

_MERGE = "INSERT INTO merges (directory, person) VALUES ($1, $2) RETURNING merge"

_KEEP_PERSONS = f"""
INSERT INTO merged_persons
    (directory, merge, person, display_name, external_id, metadata, created_at, last_seen_at, restricted, {CONSENT},
    merges)
SELECT directory, $2, person, display_name, external_id, metadata, created_at, last_seen_at, restricted, {CONSENT},
    ARRAY(
    SELECT merge FROM merges WHERE merges.directory = $1 AND merges.person = persons.person AND undone_at IS NULL
)
FROM persons WHERE directory = $1 AND person = ANY ($3::text[])
"""

# Of several faces from one photograph, the target person's is kept, or else the one of the first person by name. The
# table has an alias because Citus, under row-level security, finds the columns of RETURNING by no other name.
_KEEP_DUPLICATES = """
INSERT INTO collapsed_faces AS collapsed
    (directory, face, merge, person, kept_face, model, embedding, crop, crop_key, box, score, quality, recognizability,
    origin, image_sha256, created_at, merges, owners)
SELECT directory, face, $2, person, kept_face, model, embedding, crop, crop_key, box, score, quality, recognizability,
    origin, image_sha256, created_at,
    coalesce(earlier.merges, '{}'), coalesce(earlier.owners, '{}')
FROM (
    SELECT *, first_value(face) OVER (PARTITION BY image_sha256, model ORDER BY person <> $3, person) AS kept_face
    FROM faces WHERE directory = $1 AND (person = $3 OR person = ANY ($4::text[]))
) AS samples
CROSS JOIN LATERAL (
    SELECT array_agg(merge) AS merges, array_agg(person) AS owners FROM merged_faces
    WHERE merged_faces.directory = $1 AND merged_faces.face = samples.face
) AS earlier
WHERE face <> kept_face
RETURNING collapsed.face, collapsed.kept_face
"""
_FOLLOW_DUPLICATES = """
UPDATE collapsed_faces AS earlier SET kept_face = later.kept_face FROM collapsed_faces AS later
WHERE earlier.directory = $1 AND later.directory = $1 AND later.merge = $2 AND earlier.kept_face = later.face
"""

_KEEP_FACES = """
INSERT INTO merged_faces (directory, face, merge, person)
SELECT directory, face, $2, person FROM faces WHERE directory = $1 AND person = ANY ($3::text[])
"""
_MOVE_FACES = "UPDATE faces SET person = $2 WHERE directory = $1 AND person = ANY ($3::text[])"
_MOVE_ITEMS = """
UPDATE import_items SET
    person = CASE WHEN person = ANY ($3::text[]) THEN $2 ELSE person END,
    other = CASE WHEN other = ANY ($3::text[]) THEN $2 ELSE other END
WHERE directory = $1 AND (person = ANY ($3::text[]) OR other = ANY ($3::text[]))
"""
_MOVE_MATCHES = """
INSERT INTO matched_images (directory, person, image)
SELECT directory, $2, image FROM matched_images WHERE directory = $1 AND person = ANY ($3::text[])
ON CONFLICT DO NOTHING
"""
_MOVE_MERGES = "UPDATE merges SET person = $2 WHERE directory = $1 AND person = ANY ($3::text[])"

# The stricter of two consents holds: that of the target, until the first end of another one since it was given.
_CHANGE_TARGET = """
UPDATE persons AS target SET revision = revision + 1, updated_at = now(),
    face_count = (SELECT count(*) FROM faces WHERE faces.directory = $1 AND faces.person = $2),
    last_seen_at = greatest(target.last_seen_at, other.last_seen_at),
    restricted = target.restricted OR other.restricted,
    consent_until = least(target.consent_until, other.until),
    consent_withdrawn_at = least(target.consent_withdrawn_at, other.withdrawn_at)
FROM (
    SELECT max(others.last_seen_at) AS last_seen_at, bool_or(others.restricted) AS restricted,
        min(others.consent_until) FILTER (WHERE others.consent_until > known.consent_given_at) AS until,
        min(others.consent_withdrawn_at) FILTER (WHERE others.consent_withdrawn_at >= known.consent_given_at)
            AS withdrawn_at
    FROM persons AS known, persons AS others
    WHERE known.directory = $1 AND known.person = $2
    AND others.directory = $1 AND others.person = ANY ($3::text[])
) AS other
WHERE target.directory = $1 AND target.person = $2
"""
_DELETE_PERSONS = "DELETE FROM persons WHERE directory = $1 AND person = ANY ($2::text[])"


async def merge(connection: Connection, directory: str, person: str, others: Sequence[str]) -> UUID:
    """Merge `others` into `person`, whose details stay unchanged; return the id of the merge.

    Raises DirectoryNotFound, or PersonNotFound if one of the persons does not exist; then nothing is changed.
    """
    async with connection.transaction():
        await lock_persons(connection, directory, [person, *others])
        merge_id: UUID = await connection.fetchval(_MERGE, directory, person)
        await connection.execute(_KEEP_PERSONS, directory, merge_id, others)
        await _collapse(connection, directory, merge_id, person, others)
        await _move(connection, directory, merge_id, person, others)
        await connection.execute(_CHANGE_TARGET, directory, person, others)
        await connection.execute(_DELETE_PERSONS, directory, others, timeout=MAX_SECONDS)
        await audit.record(connection, directory=directory, persons=[person, *others], object_=merge_id)
    return merge_id


async def _collapse(connection: Connection, directory: str, merge_id: UUID, person: str, others: Sequence[str]) -> None:
    """Keep one face of each photograph that several of the persons have."""
    pairs = await connection.fetch(_KEEP_DUPLICATES, directory, merge_id, person, others, timeout=MAX_SECONDS)
    await connection.execute(_FOLLOW_DUPLICATES, directory, merge_id)
    await delete_duplicates(connection, directory, [tuple(pair) for pair in pairs])


async def _move(connection: Connection, directory: str, merge_id: UUID, person: str, others: Sequence[str]) -> None:
    await connection.execute(_KEEP_FACES, directory, merge_id, others, timeout=MAX_SECONDS)
    await connection.execute(_MOVE_FACES, directory, person, others, timeout=MAX_SECONDS)
    await connection.execute(_MOVE_ITEMS, directory, person, others, timeout=MAX_SECONDS)
    await connection.execute(_MOVE_MATCHES, directory, person, others)
    await connection.execute(_MOVE_MERGES, directory, person, others)
