"""Deletion of a face, of persons, or of a directory: all rows at once, and a job that deletes the stored objects.

An enrolled photograph is deleted with the last face that uses it. A photograph that was only recognized is deleted
with any person named on it. The row of a photograph stays, invisible to clients, until its object is deleted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from apiserver.access.acts import current_act
from apiserver.audit import records as audit
from apiserver.database.pool import Database, Share
from apiserver.database.session import Connection
from apiserver.deletion.records import COLUMNS, Receipt
from apiserver.directories.lock import exclude_enrolments
from apiserver.encryption.keys import DirectoryKeys, erase
from apiserver.idempotency_keys import delete_answers
from apiserver.imports.records import delete_persons
from apiserver.jobs.records import enqueue
from apiserver.people import retention
from apiserver.people.indexed_faces import IndexedFace, read_all, require_user
from apiserver.people.records import require_directory
from apiserver.people.retention import Retention
from apiserver.people.splits import release_faces
from apiserver.problems import DirectoryNotFound, FaceNotFound, PersonNotFound
from apiserver.revisions import ALWAYS, Condition
from apiserver.storage.archives import exclude_persons
from apiserver.tagged_ids import TaggedIds

KIND = "erasure"
"""Kind of the jobs that delete objects."""

_MAX_SECONDS = 600
"""A directory of a million faces takes minutes; enrolments in it wait until then."""

# $1 is the directory, $2 the deletion. All parts see one snapshot; foreign keys are checked at the end.
_FACE = """
WITH deleted_faces AS (
    DELETE FROM faces WHERE directory = $1 AND person = $3 AND face = $4 RETURNING image
), deleted_images AS (
    UPDATE images SET expires_at = now(), deletion = $2
    WHERE directory = $1 AND image IN (SELECT image FROM deleted_faces) AND deletion IS NULL
    AND NOT EXISTS (SELECT FROM faces WHERE faces.directory = $1 AND faces.image = images.image AND face <> $4)
    RETURNING written_at
), counted AS (
    UPDATE persons SET face_count = face_count - 1
    WHERE directory = $1 AND person = $3 AND EXISTS (SELECT FROM deleted_faces)
)
SELECT 0 AS persons, (SELECT count(*) FROM deleted_faces) AS faces, count(*) AS images, max(written_at) AS written_at
FROM deleted_images
"""

# $4: the persons who have no other faces and are deleted as well; all others stay.
_FACES = """
WITH deleted_faces AS (
    DELETE FROM faces WHERE directory = $1 AND face = ANY ($3::uuid[]) RETURNING person, image
), deleted_matches AS (
    DELETE FROM matched_images WHERE directory = $1 AND person = ANY ($4::text[]) RETURNING image
), deleted_images AS (
    UPDATE images SET expires_at = now(), deletion = $2
    WHERE directory = $1 AND image IN (SELECT image FROM deleted_faces UNION SELECT image FROM deleted_matches)
    AND deletion IS NULL AND NOT EXISTS (
        SELECT FROM faces WHERE faces.directory = $1 AND faces.image = images.image AND face <> ALL ($3)
    )
    RETURNING written_at
), counted AS (
    UPDATE persons SET face_count = face_count - removed.faces
    FROM (SELECT person, count(*) AS faces FROM deleted_faces GROUP BY person) AS removed
    WHERE persons.directory = $1 AND persons.person = removed.person AND persons.person <> ALL ($4)
), deleted_persons AS (
    DELETE FROM persons WHERE directory = $1 AND person = ANY ($4) RETURNING person
)
SELECT (SELECT count(*) FROM deleted_persons) AS persons, (SELECT count(*) FROM deleted_faces) AS faces,
    count(*) AS images, max(written_at) AS written_at
FROM deleted_images
"""

_PERSONS = """
WITH deleted_faces AS (
    DELETE FROM faces WHERE directory = $1 AND person = ANY ($3::text[]) RETURNING image
), deleted_matches AS (
    DELETE FROM matched_images WHERE directory = $1 AND person = ANY ($3) RETURNING image
), deleted_images AS (
    UPDATE images SET expires_at = now(), deletion = $2
    WHERE directory = $1 AND image IN (SELECT image FROM deleted_faces UNION SELECT image FROM deleted_matches)
    AND deletion IS NULL AND NOT EXISTS (
        SELECT FROM faces WHERE faces.directory = $1 AND faces.image = images.image AND person <> ALL ($3)
    )
    RETURNING written_at
), deleted_persons AS (
    DELETE FROM persons WHERE directory = $1 AND person = ANY ($3) RETURNING person
)
SELECT (SELECT count(*) FROM deleted_persons) AS persons, (SELECT count(*) FROM deleted_faces) AS faces,
    count(*) AS images, max(written_at) AS written_at
FROM deleted_images
"""

_EVERYBODY = """
WITH deleted_faces AS (
    DELETE FROM faces WHERE directory = $1 RETURNING image
), deleted_matches AS (
    DELETE FROM matched_images WHERE directory = $1 RETURNING image
), deleted_images AS (
    UPDATE images SET expires_at = now(), deletion = $2
    WHERE directory = $1 AND image IN (SELECT image FROM deleted_faces UNION SELECT image FROM deleted_matches)
    AND deletion IS NULL
    RETURNING written_at
), deleted_persons AS (
    DELETE FROM persons WHERE directory = $1 RETURNING person
)
SELECT (SELECT count(*) FROM deleted_persons) AS persons, (SELECT count(*) FROM deleted_faces) AS faces,
    count(*) AS images, max(written_at) AS written_at
FROM deleted_images
"""

_DIRECTORY = """
WITH deleted_faces AS (
    DELETE FROM faces WHERE directory = $1 RETURNING face
), deleted_matches AS (
    DELETE FROM matched_images WHERE directory = $1
), deleted_images AS (
    UPDATE images SET expires_at = now(), deletion = $2 WHERE directory = $1 AND deletion IS NULL RETURNING written_at
), deleted_persons AS (
    DELETE FROM persons WHERE directory = $1 RETURNING person
), deleted_directory AS (
    DELETE FROM directories WHERE directory = $1
)
SELECT (SELECT count(*) FROM deleted_persons) AS persons, (SELECT count(*) FROM deleted_faces) AS faces,
    count(*) AS images, max(written_at) AS written_at
FROM deleted_images
"""

# Citus refuses now() within CASE.
_ADD_RECEIPT = f"""
INSERT INTO deletions (directory, deletion, person, face, persons, faces, images, subject, finished_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now() + CASE WHEN $9 THEN interval '0' END)
RETURNING {COLUMNS}
"""

_LOCK_PERSONS = """
SELECT person, revision FROM persons WHERE directory = $1 AND person = ANY ($2) ORDER BY person FOR UPDATE
"""

_OWNERS = "SELECT DISTINCT person FROM faces WHERE directory = $1 AND face = ANY ($2) ORDER BY person"

_WITHOUT_OTHER_FACES = """
SELECT person FROM persons WHERE directory = $1 AND person = ANY ($2) AND NOT EXISTS (
    SELECT FROM faces WHERE faces.directory = $1 AND faces.person = persons.person AND face <> ALL ($3)
)
ORDER BY person FOR UPDATE
"""

_ALL_PERSONS = "SELECT person FROM persons WHERE directory = $1 ORDER BY person FOR UPDATE"

_LOCK_DIRECTORY = "SELECT revision FROM directories WHERE directory = $1 FOR UPDATE"


@dataclass(frozen=True, slots=True)
class _Target:
    """The target of a deletion: faces, persons, or a whole directory. values: the statement's last parameters.

    owners: the persons who lose faces, if some of them stay.
    """

    statement: str
    values: Sequence[object] = ()
    person: str | None = None
    face: UUID | None = None
    persons: Sequence[str] = ()
    owners: Sequence[str] = ()


class Erasure:
    """Deletes faces, persons and directories, excluding concurrent enrolments.

    uploads_end_after: the latest time after its row is written at which a photograph's object may appear in the store.
    """

    def __init__(
        self,
        database: Database,
        uploads_end_after: timedelta,
        keys: DirectoryKeys | None = None,
        tagged_ids: TaggedIds | None = None,
    ) -> None:
        self._database = database
        self._keys = keys or DirectoryKeys(database)
        self._tagged_ids = tagged_ids or TaggedIds(database)
        self._uploads_end_after = uploads_end_after

    async def face(self, directory: str, person: str, face: UUID) -> Receipt:
        """Delete a face. Raises DirectoryNotFound, PersonNotFound, FaceNotFound or DatabaseUnavailable."""
        deletion = await self._tagged_ids.new_id(directory)
        async with self._database.connection(Share.LONG) as connection, connection.transaction():
            await self._lock(connection, directory, [person])
            target = _Target(_FACE, (person, face), person, face, owners=[person])
            receipt = await self._delete(connection, directory, deletion, target)
            if not receipt.faces:
                raise FaceNotFound
            return receipt

    async def faces(self, directory: str, faces: Sequence[UUID]) -> Receipt | None:
        """Delete those of the faces that exist, of any persons; return None if there are none.

        Raises DatabaseUnavailable.
        """
        deletion = await self._tagged_ids.new_id(directory)
        async with self._database.connection(Share.LONG) as connection, connection.transaction():
            await exclude_enrolments(connection, directory)
            owners = [row["person"] for row in await connection.fetch(_OWNERS, directory, faces, timeout=_MAX_SECONDS)]
            if not owners:
                return None
            return await self._delete(connection, directory, deletion, _Target(_FACES, (faces, []), owners=owners))

    async def unassociated_faces(self, directory: str, faces: Sequence[UUID]) -> dict[UUID, IndexedFace]:
        """Delete those of the faces that belong to no user, and persons that have no other faces.

        Return all of the faces that existed, as they were. Raises DirectoryNotFound or DatabaseUnavailable.
        """
        deletion = await self._tagged_ids.new_id(directory)
        async with self._database.connection(Share.LONG) as connection, connection.transaction():
            await exclude_enrolments(connection, directory)
            known = await read_all(connection, directory, faces)
            if not known:
                await require_directory(connection, directory)
            own = [face for face in known.values() if face.own]
            owners, ids = sorted({face.person for face in own}), [face.face for face in own]
            if own:
                rows = await connection.fetch(_WITHOUT_OTHER_FACES, directory, owners, ids, timeout=_MAX_SECONDS)
                persons = [row["person"] for row in rows]
                target = _Target(_FACES, (ids, persons), persons=persons, owners=owners)
                await self._delete(connection, directory, deletion, target)
            return known

    async def everybody(self, directory: str) -> Receipt | None:
        """Delete all persons of a directory, which stays with its settings; return None if there are none.

        Raises DatabaseUnavailable.
        """
        deletion = await self._tagged_ids.new_id(directory)
        async with self._database.connection(Share.LONG) as connection, connection.transaction():
            await exclude_enrolments(connection, directory)
            rows = await connection.fetch(_ALL_PERSONS, directory, timeout=_MAX_SECONDS)
            persons = [row["person"] for row in rows]
            if not persons:
                return None
            return await self._delete(connection, directory, deletion, _Target(_EVERYBODY, persons=persons))

    async def person(self, directory: str, person: str, condition: Condition = ALWAYS) -> Receipt:
        """Delete a person. Raises DirectoryNotFound, PersonNotFound, PreconditionFailed or DatabaseUnavailable."""
        deletion = await self._tagged_ids.new_id(directory)
        async with self._database.connection(Share.LONG) as connection, connection.transaction():
            condition.check(await self._lock(connection, directory, [person]))
            return await self._delete(
                connection, directory, deletion, _Target(_PERSONS, ([person],), person, persons=[person])
            )

    async def user(self, directory: str, user: str) -> Receipt:
        """Delete a user whose faces stay, each as a separate person.

        Raises DirectoryNotFound, PersonNotFound if there is no such user, PersonExists, or DatabaseUnavailable.
        """
        deletion = await self._tagged_ids.new_id(directory)
        async with self._database.connection(Share.LONG) as connection, connection.transaction():
            await exclude_enrolments(connection, directory)
            await require_user(connection, directory, user)
            await release_faces(connection, directory, user, None)
            return await self._delete(
                connection, directory, deletion, _Target(_PERSONS, ([user],), user, persons=[user])
            )

    async def directory(self, directory: str, condition: Condition = ALWAYS) -> Receipt:
        """Delete a directory with everything in it, and its keys, so that no copy of its photographs can be read.

        Raises DirectoryNotFound, PreconditionFailed or DatabaseUnavailable.
        """
        deletion = await self._tagged_ids.new_id(directory)
        async with self._database.connection(Share.LONG) as connection, connection.transaction():
            await exclude_enrolments(connection, directory)
            revision = await connection.fetchval(_LOCK_DIRECTORY, directory)
            if revision is None:
                raise DirectoryNotFound
            condition.check(revision)
            await erase(connection, directory)
            receipt = await self._delete(connection, directory, deletion, _Target(_DIRECTORY))
        self._keys.forget(directory)  # at once here, and within a second in other processes
        return receipt

    async def outdated(self, directory: str, rule: Retention, age: timedelta) -> Receipt | None:
        """Delete some persons that have passed the time `age` of a rule; return None if there are none.

        Raises DatabaseUnavailable.
        """
        deletion = await self._tagged_ids.new_id(directory)
        async with self._database.connection(Share.LONG) as connection, connection.transaction():
            if not await retention.find(connection, directory, rule, age):  # this check takes no lock
                return None
            await exclude_enrolments(connection, directory)
            persons = await retention.find_locked(connection, directory, rule, age)
            target = _Target(_PERSONS, (persons,), persons=persons)
            return await self._delete(connection, directory, deletion, target) if persons else None

    async def _lock(self, connection: Connection, directory: str, persons: Sequence[str]) -> int:
        """Lock one or more persons until the transaction ends, and return the revision of the last one."""
        await exclude_enrolments(connection, directory)
        rows = await connection.fetch(_LOCK_PERSONS, directory, persons)
        if len(rows) < len(persons):
            await require_directory(connection, directory)
            raise PersonNotFound
        revision: int = rows[-1]["revision"]
        return revision

    async def _delete(self, connection: Connection, directory: str, deletion: UUID, target: _Target) -> Receipt:
        whole_directory = target.statement is _DIRECTORY
        persons, faces, images, written_at = await connection.fetchrow(
            target.statement, directory, deletion, *target.values, timeout=_MAX_SECONDS
        )
        if whole_directory:
            await audit.end_keys(connection, directory)
        # A directory is finished by its job even if it has no images: the job drops its indexes.
        finished = not images and not whole_directory
        row = await connection.fetchrow(
            _ADD_RECEIPT,
            directory,
            deletion,
            None if finished else target.person,  # a finished deletion keeps no name
            target.face,
            persons,
            faces,
            images,
            act.subject if (act := current_act()) else None,
            finished,
        )
        receipt = Receipt(*row)
        await delete_persons(connection, directory, None if whole_directory else target.persons, seconds=_MAX_SECONDS)
        await exclude_persons(connection, directory, target.persons, seconds=_MAX_SECONDS)
        await audit.record(
            connection,
            directory=directory,
            persons=target.owners or target.persons,
            object_=target.face or receipt.deletion,
            counts={"persons": receipt.persons, "faces": receipt.faces, "images": receipt.images},
        )
        if receipt.finished_at is None:
            await self._request_job(connection, directory, receipt.deletion, written_at)
        # This comes last because concurrent requests wait for its row locks.
        await delete_answers(connection, directory, seconds=_MAX_SECONDS)
        return replace(receipt, person=target.person)

    async def _request_job(
        self, connection: Connection, directory: str, deletion: UUID, written_at: datetime | None
    ) -> None:
        """Request the job that finishes a deletion. written_at: of the newest image that it deletes."""
        arguments = {"directory": directory, "deletion": str(deletion)}
        not_before = written_at + self._uploads_end_after if written_at else None
        # It does not wait for the directory's other jobs, such as imports, which may take hours.
        await enqueue(
            connection, KIND, directory=directory, arguments=arguments, not_before=not_before, exclusive=False
        )
