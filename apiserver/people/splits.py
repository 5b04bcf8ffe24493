"""Splitting of a person: undo a merge, or move selected faces to another person."""

from collections.abc import Collection
from uuid import UUID

from apiserver.audit import records as audit
from apiserver.database.session import Connection
from apiserver.directories.lock import MAX_SECONDS
from apiserver.people import doubts
from apiserver.people.indexed_faces import note_own
from apiserver.people.moving import delete_duplicates, lock_persons, record_moves
from apiserver.problems import FaceNotFound, InvalidField, MergeNotFound, MergeUndone

_MERGED_PERSONS = "SELECT person FROM merged_persons WHERE directory = $1 AND merge = $2 ORDER BY person"
_MERGE = "SELECT person, undone_at FROM merges WHERE directory = $1 AND merge = $2"
# What was withdrawn or restricted since the merge, was so for all who were one person then.
_RESTORE_PERSONS = """
INSERT INTO persons
    (directory, person, display_name, external_id, metadata, created_at, last_seen_at, restricted, consent_given_at,
    consent_text, consent_basis, consent_until, consent_withdrawn_at)
SELECT merged.directory, merged.person, merged.display_name, merged.external_id, merged.metadata, merged.created_at,
    merged.last_seen_at, merged.restricted OR target.restricted, merged.consent_given_at,
    merged.consent_text, merged.consent_basis, merged.consent_until, least(
        merged.consent_withdrawn_at,
        CASE WHEN target.consent_withdrawn_at >= merged.consent_given_at THEN target.consent_withdrawn_at END
    )
FROM merged_persons AS merged, persons AS target
WHERE merged.directory = $1 AND merged.merge = $2 AND target.directory = $1 AND target.person = $3
"""
# Consent is given by a person, and these faces are another's; a restriction may have been for their sake.
_ADD_PERSON = """
INSERT INTO persons (directory, person, restricted)
SELECT directory, $2, restricted FROM persons WHERE directory = $1 AND person = $3
"""
_UNLESS_EXISTING = " ON CONFLICT (directory, person) DO NOTHING"

_FACES_OF = "SELECT face FROM merged_faces WHERE directory = $1 AND merge = $2 AND person = $3"
# Later merges may have moved the faces of this merge again; their records of these faces become void.
_DELETE_LATER = """
DELETE FROM merged_faces AS later USING merged_faces AS undone, merged_persons AS merged
WHERE undone.directory = $1 AND undone.merge = $2 AND later.directory = $1 AND later.face = undone.face
AND merged.directory = $1 AND merged.merge = $2 AND merged.person = undone.person
AND later.merge <> $2 AND later.merge <> ALL (merged.merges)
"""
# A face of this merge may have been deleted as a duplicate of another face of the same photograph.
_RESTORE_DUPLICATES = """
INSERT INTO faces
    (directory, face, person, model, embedding, crop, crop_key, box, score, quality, recognizability, origin, image,
    image_sha256, created_at)
SELECT $1, collapsed.face, coalesce(owners[array_position(merges, $2)], collapsed.person), collapsed.model,
    collapsed.embedding, collapsed.crop, collapsed.crop_key, collapsed.box, collapsed.score, collapsed.quality,
    collapsed.recognizability, collapsed.origin, kept.image, collapsed.image_sha256, collapsed.created_at
FROM collapsed_faces AS collapsed, faces AS kept
WHERE collapsed.directory = $1 AND (merge = $2 OR $2 = ANY (merges))
AND kept.directory = $1 AND kept.face = collapsed.kept_face
ON CONFLICT DO NOTHING -- the photograph may have been learned again
"""
_RESTORE_HISTORY = """
INSERT INTO merged_faces (directory, face, merge, person)
SELECT collapsed.directory, collapsed.face, earlier.merge, earlier.person
FROM collapsed_faces AS collapsed CROSS JOIN LATERAL unnest(collapsed.merges, owners) AS earlier (merge, person)
JOIN merged_persons AS merged ON merged.merge = $2
    AND merged.person = coalesce(owners[array_position(collapsed.merges, $2)], collapsed.person)
WHERE collapsed.directory = $1 AND (collapsed.merge = $2 OR $2 = ANY (collapsed.merges))
AND merged.directory = $1 AND earlier.merge = ANY (merged.merges)
AND EXISTS (SELECT FROM faces WHERE faces.directory = $1 AND faces.face = collapsed.face)
AND EXISTS (
    SELECT FROM merged_persons AS known
    WHERE known.directory = $1 AND known.merge = earlier.merge AND known.person = earlier.person
)
"""
_DELETE_DUPLICATES = "DELETE FROM collapsed_faces WHERE directory = $1 AND (merge = $2 OR $2 = ANY (merges))"
_RETURN_MERGES = """
UPDATE merges SET person = merged.person FROM merged_persons AS merged
WHERE merged.directory = $1 AND merged.merge = $2 AND merges.directory = $1 AND merges.merge = ANY (merged.merges)
AND merges.person = $3
"""
_MARK_UNDONE = "UPDATE merges SET undone_at = now() WHERE directory = $1 AND merge = $2"
_DELETE_PERSON_RECORDS = "DELETE FROM merged_persons WHERE directory = $1 AND merge = $2"

# Faces of photographs that the new owner already has are duplicates.
_DUPLICATES = """
SELECT faces.face, known.face FROM faces, faces AS known
WHERE faces.directory = $1 AND faces.person = $2 AND faces.face = ANY ($4::uuid[])
AND known.directory = $1 AND known.person = $3
AND known.image_sha256 = faces.image_sha256 AND known.model = faces.model
"""
_MOVE_FACES = "UPDATE faces SET person = $3 WHERE directory = $1 AND person = $2 AND face = ANY ($4::uuid[])"
_DELETE_FACE_RECORDS = "DELETE FROM merged_faces WHERE directory = $1 AND face = ANY ($2::uuid[])"
_COUNT_FACES = "SELECT count(*) FROM faces WHERE directory = $1 AND person = $2 AND face = ANY ($3::uuid[])"
# It is unknown which of the two persons a recognized photograph shows, so it is deleted with either of them.
_SHARE_MATCHES = """
INSERT INTO matched_images (directory, person, image)
SELECT directory, $3, image FROM matched_images WHERE directory = $1 AND person = $2 ON CONFLICT DO NOTHING
"""

_ALL_FACES = "SELECT face FROM faces WHERE directory = $1 AND person = $2"
_ADD_OWN_PERSONS = """
INSERT INTO persons (directory, person, restricted)
SELECT directory, face::text, restricted FROM faces JOIN persons USING (directory, person)
WHERE directory = $1 AND person = $2 AND face = ANY ($3::uuid[])
"""
_MOVE_TO_OWN = """
UPDATE faces SET person = face::text WHERE directory = $1 AND person = $2 AND face = ANY ($3::uuid[])
"""
_SHARE_MATCHES_WITH_OWN = """
INSERT INTO matched_images (directory, person, image)
SELECT directory, face::text, image FROM matched_images CROSS JOIN unnest($3::uuid[]) AS face
WHERE directory = $1 AND person = $2 ON CONFLICT DO NOTHING
"""


async def undo(
    connection: Connection, directory: str, person: str, merge_id: UUID, *, into_existing: bool
) -> list[str]:
    """Undo a merge into `person`: restore the merged persons with those of their faces that `person` still has.

    Returns the names of the restored persons. into_existing: if a person with one of these names exists by now, move
    the faces to that person and keep its details. Raises DirectoryNotFound, PersonNotFound, MergeNotFound,
    MergeUndone, PersonExists or ExternalIdTaken.
    """
    async with connection.transaction():
        # The records of a merge do not change until it is undone, so they can be read before the lock.
        restored = [row["person"] for row in await connection.fetch(_MERGED_PERSONS, directory, merge_id)]
        await lock_persons(connection, directory, [person], restored)
        await _require_merge(connection, directory, person, merge_id)
        await connection.execute(_DELETE_LATER, directory, merge_id, timeout=MAX_SECONDS)
        unless_existing = _UNLESS_EXISTING if into_existing else ""
        await connection.execute(_RESTORE_PERSONS + unless_existing, directory, merge_id, person)
        for name in restored:
            rows = await connection.fetch(_FACES_OF, directory, merge_id, name)
            await _move(connection, directory, person, name, [row["face"] for row in rows])
        await connection.execute(_RESTORE_DUPLICATES, directory, merge_id, timeout=MAX_SECONDS)
        await connection.execute(_RESTORE_HISTORY, directory, merge_id, timeout=MAX_SECONDS)
        await connection.execute(_DELETE_DUPLICATES, directory, merge_id)
        await connection.execute(_RETURN_MERGES, directory, merge_id, person)
        await connection.execute(_MARK_UNDONE, directory, merge_id)
        await connection.execute(_DELETE_PERSON_RECORDS, directory, merge_id)
        await record_moves(connection, directory, person, restored)
        await audit.record(connection, directory=directory, persons=sorted({person, *restored}), object_=merge_id)
    return restored


async def take_faces(
    connection: Connection, directory: str, person: str, faces: Collection[UUID], name: str, *, into_existing: bool
) -> None:
    """Move some of a person's faces to a new person `name`, or to an existing one if `into_existing`.

    Raises DirectoryNotFound, PersonNotFound, FaceNotFound unless all faces are the person's, or PersonExists.
    """
    if name == person:
        raise InvalidField("person: the faces already belong to this person.")
    async with connection.transaction():
        await lock_persons(connection, directory, [person], [name])
        if await connection.fetchval(_COUNT_FACES, directory, person, list(faces)) < len(set(faces)):
            raise FaceNotFound("At least one of these faces does not belong to this person.")
        unless_existing = _UNLESS_EXISTING if into_existing else ""
        await connection.execute(_ADD_PERSON + unless_existing, directory, name, person)
        await connection.execute(_DELETE_FACE_RECORDS, directory, list(faces))
        await _move(connection, directory, person, name, faces)
        await record_moves(connection, directory, person, [name])
        await audit.record(connection, directory=directory, persons=[person, name], counts={"faces": len(set(faces))})


async def release_faces(connection: Connection, directory: str, person: str, faces: Collection[UUID] | None) -> None:
    """Make each of some of a person's faces, or of all with None, a separate person, whose id is that of the face.

    Raises DirectoryNotFound, PersonNotFound, or PersonExists.
    """
    async with connection.transaction():
        await lock_persons(connection, directory, [person])
        if faces is None:
            faces = [row["face"] for row in await connection.fetch(_ALL_FACES, directory, person)]
        await connection.execute(_ADD_OWN_PERSONS, directory, person, list(faces), timeout=MAX_SECONDS)
        await note_own(connection, directory, faces)
        await connection.execute(_DELETE_FACE_RECORDS, directory, list(faces))
        await doubts.forget(connection, directory, faces)
        await connection.execute(_SHARE_MATCHES_WITH_OWN, directory, person, list(faces), timeout=MAX_SECONDS)
        await connection.execute(_MOVE_TO_OWN, directory, person, list(faces), timeout=MAX_SECONDS)
        await record_moves(connection, directory, person, list(map(str, faces)))
        await audit.record(connection, directory=directory, persons=[person], counts={"faces": len(set(faces))})


async def _require_merge(connection: Connection, directory: str, person: str, merge_id: UUID) -> None:
    row = await connection.fetchrow(_MERGE, directory, merge_id)
    if row is None or row["person"] != person:
        raise MergeNotFound
    if row["undone_at"]:
        raise MergeUndone


async def _move(connection: Connection, directory: str, person: str, name: str, faces: Collection[UUID]) -> None:
    """Move those of the faces that belong to `person` to `name`; both may be the same after a renaming."""
    if person == name:
        return
    pairs = await connection.fetch(_DUPLICATES, directory, person, name, list(faces))
    await delete_duplicates(connection, directory, [tuple(pair) for pair in pairs])
    await doubts.forget(connection, directory, faces)
    await connection.execute(_MOVE_FACES, directory, person, name, list(faces), timeout=MAX_SECONDS)
    await connection.execute(_SHARE_MATCHES, directory, person, name)
