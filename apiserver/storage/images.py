"""Images in the object store. Each has a row with its expiry time.

An object never exists without its row: the row is written first and deleted last, so the sweeper finds every object
after an interruption.
"""

import asyncio
import hashlib
import hmac
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

import obstore
from obstore.store import ObjectStore

from apiserver.access.limits import Quota
from apiserver.access.metering import spend
from apiserver.biometrics.face import Image
from apiserver.database.pool import Database, Share
from apiserver.database.session import Connection
from apiserver.encryption.keys import DirectoryKeys
from apiserver.encryption.sealing import DataKey, Place
from apiserver.problems import FileNotFound, ImageStoreUnavailable, Problem
from apiserver.storage.breaker import Breaker
from apiserver.storage.free_space import FreeSpace
from apiserver.storage.object_store import delete_objects, open_object, reaching_store
from apiserver.storage.sealed_objects import decrypted, encrypted, whole
from apiserver.storage.sweeping import RETRY_AFTER, SweptBatch
from apiserver.tagged_ids import TaggedIds, tagged

_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[a-z0-9]{1,8}")

_SHOWN = "image = $1 AND (expires_at IS NULL OR expires_at > now())"
_FIND = f"SELECT directory, media_type, key_id FROM images WHERE directory = $2 AND {_SHOWN}"  # noqa: S608
_FIND_UNTAGGED = f"SELECT directory, media_type, key_id FROM images WHERE {_SHOWN}"  # noqa: S608

_FIND_DIRECTORY = "SELECT directory FROM images WHERE image = $1 AND directory = $2"
_FIND_DIRECTORY_UNTAGGED = "SELECT directory FROM images WHERE image = $1"

# `written_at` is checked because the object of a photograph with a short retention may still be being uploaded.
_EXPIRED = """
SELECT directory, image FROM images WHERE expires_at <= now() AND retry_at IS NULL
AND written_at <= now() - $2::interval ORDER BY expires_at LIMIT $1 OFFSET $3
"""

_STUCK = """
SELECT directory, image FROM images WHERE expires_at <= now() AND retry_at <= now()
AND written_at <= now() - $2::interval ORDER BY retry_at LIMIT $1 OFFSET $3
"""

_EXPIRED_IN = """
SELECT directory, image FROM images WHERE directory = $4 AND expires_at <= now()
AND (retry_at IS NULL OR retry_at <= now()) AND written_at <= now() - $2::interval
ORDER BY retry_at NULLS FIRST, expires_at LIMIT $1 OFFSET $3
"""

# Rows are locked in one directory after the other, because the directories may be on several servers. Those that were
# saved again since they were found are left out.
_LOCK_EXPIRED = """
SELECT directory, image FROM images WHERE directory = $1 AND image = ANY ($2::text[]) AND expires_at <= now()
AND written_at <= now() - $3::interval AND (retry_at IS NULL OR retry_at <= now())
FOR UPDATE SKIP LOCKED
"""

_LOCK_DELETED = """
SELECT directory, image FROM images WHERE directory = $1 AND deletion = $2 AND expires_at <= now()
AND written_at <= now() - $3::interval AND (retry_at IS NULL OR retry_at <= now())
LIMIT $4 FOR UPDATE
"""

_RETRY_LATER = "UPDATE images SET retry_at = now() + $3::interval WHERE directory = $1 AND image = ANY ($2::text[])"

# A row that is older than the attempt belongs to an object that an earlier one stored.
_WITHDRAW = """
UPDATE images SET expires_at = now()
WHERE directory = $1 AND image = $2 AND expires_at > now() AND created_at >= now() - $3::interval
"""

_DELETE = "DELETE FROM images WHERE directory = $1 AND image = ANY ($2::text[])"


class ImageRow(NamedTuple):
    """The row of an image. key: name in the store and in the URL. media_type, size_bytes: of the object.

    sha256: digest of the file as it was sent. keep: retention. stored_sha256: digest of the object, None if that is the
    file as it was sent. key_id: the directory's key that encrypts the object, None if it is not encrypted.
    """

    directory: str
    key: str
    media_type: str
    size_bytes: int
    sha256: bytes
    keep: timedelta
    stored_sha256: bytes | None = None
    key_id: UUID | None = None


# Never shortens the retention of an existing image. Cancels a pending deletion: an image that is sent again is treated
# as new. So is one that has expired, which may have no object. An object that is the file as it was sent stays marked
# as such, because the new object may never be written. So the object's key is not known either, if it would change.
WRITE_ROW = """
INSERT INTO images (directory, image, media_type, size_bytes, sha256, expires_at, stored_sha256, key_id)
VALUES ($1, $2, $3, $4, $5, now() + $6::interval, $7, $8::uuid)
ON CONFLICT (directory, image) DO UPDATE SET written_at = excluded.written_at, deletion = NULL,
    created_at = CASE WHEN images.expires_at <= excluded.written_at THEN excluded.created_at ELSE images.created_at END,
    media_type = excluded.media_type, size_bytes = excluded.size_bytes,
    stored_sha256 = CASE WHEN images.stored_sha256 IS NOT NULL THEN excluded.stored_sha256 END,
    key_id = CASE WHEN images.key_id = excluded.key_id THEN images.key_id END,
    expires_at = CASE WHEN images.expires_at IS NOT NULL THEN greatest(images.expires_at, excluded.expires_at) END
"""
"""The statement that writes an ImageRow, whose fields are its parameters."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """The content of a stored image, as a stream."""

    directory: str
    media_type: str
    size_bytes: int
    chunks: AsyncIterator[bytes]


class ImageStore:
    """Saves, opens and deletes images.

    read_retry_seconds: after a read that took too long, how long others fail at once.
    """

    def __init__(
        self,
        store: ObjectStore,
        database: Database,
        timeout_seconds: float,
        *,
        space: FreeSpace | None = None,
        read_retry_seconds: float = 0,
        keys: DirectoryKeys | None = None,
        tagged_ids: TaggedIds | None = None,
    ) -> None:
        self._store = store
        self._database = database
        self.keys = keys or DirectoryKeys(database)
        self._timeout_seconds = timeout_seconds
        self._space = space or FreeSpace(None, None)
        self._reads = Breaker(read_retry_seconds)
        self.tagged_ids = tagged_ids or TaggedIds(database)
        self._deletion_seconds = min(timeout_seconds, database.hold_seconds)
        self.uploads_end_after = timedelta(seconds=2 * timeout_seconds)
        """The latest time after its row is written at which an object may appear; a search may run in between."""

    async def keyed(self, row: ImageRow) -> ImageRow:
        """Return the row with the key that will encrypt its object, and let its name lead to its directory.

        Raises DatabaseUnavailable or KeyUnavailable.
        """
        await self.tagged_ids.add([row.directory])
        key = await self.keys.in_use(row.directory)
        return row._replace(key_id=key.key_id if key else None)

    async def save(self, row: ImageRow, content: bytes) -> ImageRow:
        """Write the row, then the object; return the row as it was written.

        Raises DatabaseUnavailable, KeyUnavailable, ImageStoreUnavailable or ImageStoreFull.
        """
        self._space.take(len(content))
        row = await self.keyed(row)
        async with self._database.connection() as connection:
            await connection.execute(WRITE_ROW, *row)
        await self.put(row, content)
        return row

    async def save_all(self, images: Mapping[ImageRow, bytes]) -> set[UUID]:
        """Write all rows, then all objects; return the keys that encrypt them. Raises as `save` does."""
        self._space.take(sum(map(len, images.values())))
        rows = {await self.keyed(row): content for row, content in images.items()}
        async with self._database.connection() as connection:
            # A common order prevents deadlocks.
            await connection.executemany(WRITE_ROW, sorted(rows, key=lambda row: row[:2]))
        await asyncio.gather(*(self.put(row, content) for row, content in rows.items()))
        return {row.key_id for row in rows if row.key_id}

    async def put(self, row: ImageRow, content: bytes, timeout_seconds: float | None = None) -> None:
        """Write the object of an existing row. Raises DatabaseUnavailable, KeyUnavailable or ImageStoreUnavailable."""
        await self.write(row.key, await self.encrypt(row, content), timeout_seconds)

    async def encrypt(self, row: ImageRow, content: bytes) -> bytes:
        """Return what is stored of an image. Raises DatabaseUnavailable or KeyUnavailable."""
        key = await self.keys.find(row.directory, row.key_id) if row.key_id else None
        return await encrypted(key, Place(row.directory, row.key), content)

    async def write(self, key: str, stored: bytes, timeout_seconds: float | None = None) -> None:
        """Write an object as it is. Raises ImageStoreUnavailable."""
        async with reaching_store(min(timeout_seconds or self._timeout_seconds, self._timeout_seconds)):
            await obstore.put_async(self._store, key, stored)
        spend(Quota.STORED_BYTES, len(stored))

    async def withdraw(self, row: ImageRow, seconds: float) -> None:
        """Expire the row of an object that was not stored, if it was made within the last `seconds`.

        The sweeper then also deletes an object that appears late. Raises DatabaseUnavailable.
        """
        async with self._database.connection() as connection:
            await connection.execute(_WITHDRAW, row.directory, row.key, timedelta(seconds=seconds))

    async def secret(self) -> bytes:
        """Return the secret of the installation from which names follow. Raises DatabaseUnavailable."""
        return await self.tagged_ids.secret()

    async def directory_of(self, key: str) -> str | None:
        """Return the directory of the image at `key`, None if it is absent. Raises DatabaseUnavailable."""
        row = await self._find(key, _FIND_DIRECTORY, _FIND_DIRECTORY_UNTAGGED)
        return row["directory"] if row else None

    async def _find(self, key: str, in_directory: str, untagged: str) -> Mapping[str, str] | None:
        """Return the row that one of the statements finds, with the directory as its second parameter if it is known.

        The statement without it asks all servers, since such a key does not say where its row is.
        """
        if not _KEY.fullmatch(key):
            return None
        directories = await self.tagged_ids.directories(UUID(key.partition(".")[0]))
        row: Mapping[str, str] | None = None
        async with self._database.unbound(Share.READS) as connection:  # its row tells the directory
            if not directories:
                row = await connection.fetchrow(untagged, key)
            for directory in directories:
                row = row or await connection.fetchrow(in_directory, key, directory)
        return row

    async def open(
        self, key: str, timeout_seconds: float | None = None, *, admits: Callable[[str], bool]
    ) -> StoredFile:
        """Open the image at `key`, if its directory is admitted.

        Raises FileNotFound if the key is invalid, or the image is absent, expired or of another directory;
        DatabaseUnavailable; KeyUnavailable; or ImageStoreUnavailable or ObjectDamaged, which the stream raises too.
        """
        found = await self._find(key, _FIND, _FIND_UNTAGGED)
        if found is None or not admits(found["directory"]):
            raise FileNotFound
        if not self._reads.admits():
            raise ImageStoreUnavailable
        seconds = min(timeout_seconds or self._timeout_seconds, self._timeout_seconds)
        place, is_encrypted = Place(found["directory"], key), found["key_id"] is not None
        try:
            stored = await open_object(self._store, key, seconds, missing=FileNotFound)
            content = await decrypted(stored, self.keys, place, encrypted=is_encrypted)
        except ImageStoreUnavailable as outage:
            if isinstance(outage.__cause__, TimeoutError):  # an error that comes promptly may concern this object alone
                self._reads.fail()
            raise
        except Problem:
            self._reads.succeed()
            raise
        self._reads.succeed()
        return StoredFile(found["directory"], found["media_type"], *content)

    async def read_stored(self, key: str) -> bytes:
        """Return an object as it is stored, whatever its row says. Raises FileNotFound or ImageStoreUnavailable."""
        stored = await open_object(self._store, key, self._timeout_seconds, missing=FileNotFound)
        return b"".join([chunk async for chunk in stored.chunks])

    async def reencrypt(self, directory: str, key: str, stored: bytes, under: DataKey) -> bytes:
        """Return a stored object, in the clear or not, encrypted under another key. Raises an Outage."""
        place = Place(directory, key)
        plain = await decrypted(whole(stored), self.keys, place)
        return await encrypted(under, place, b"".join([chunk async for chunk in plain.chunks]))

    async def delete_expired(self, limit: int, directory: str | None = None) -> SweptBatch:
        """Delete up to `limit` expired images: those never tried or, if there are none, those that failed before.

        The rows stay locked until the objects are deleted, so a concurrent save of the same image waits and then
        stores it again. The row of an object that cannot be deleted is kept and retried later.
        directory: None for all of them. Raises DatabaseUnavailable.
        """
        async with self._database.connection() as connection, connection.transaction():
            for statement in (_EXPIRED, _STUCK) if directory is None else (_EXPIRED_IN,):
                if rows := await self._locked(connection, statement, limit, directory):
                    return await self._delete_all(connection, rows)
        return SweptBatch(0, {})

    async def _locked(
        self, connection: Connection, statement: str, limit: int, directory: str | None
    ) -> list[Mapping[str, str]]:
        """Lock the first images that a statement finds, without those that others are deleting, such as a deletion."""
        age, within = self.uploads_end_after, [] if directory is None else [directory]
        rows: list[Mapping[str, str]] = []
        passed = 0
        while not rows and (found := await connection.fetch(statement, limit, age, passed, *within)):
            for of_one, images in _by_directory(found).items():
                rows += await connection.fetch(_LOCK_EXPIRED, of_one, images, age)
            passed += len(found)
        return rows

    async def delete_marked(self, directory: str, deletion: UUID, limit: int) -> SweptBatch:
        """Delete up to `limit` images that a deletion marked, as `delete_expired` does. Raises DatabaseUnavailable."""
        async with self._database.connection() as connection, connection.transaction():
            rows = await connection.fetch(_LOCK_DELETED, directory, deletion, self.uploads_end_after, limit)
            return await self._delete_all(connection, rows)

    async def _delete_all(self, connection: Connection, rows: Sequence[Mapping[str, str]]) -> SweptBatch:
        stuck = await delete_objects(self._store, [row["image"] for row in rows], self._deletion_seconds)
        for directory, images in _by_directory(rows).items():
            await connection.execute(_DELETE, directory, [image for image in images if image not in stuck])
            if kept := [image for image in images if image in stuck]:
                await connection.execute(_RETRY_LATER, directory, kept, RETRY_AFTER)
        return SweptBatch(len(rows) - len(stuck), stuck)


def _by_directory(rows: Sequence[Mapping[str, str]]) -> dict[str, list[str]]:
    images: dict[str, list[str]] = {}
    for row in rows:
        images.setdefault(row["directory"], []).append(row["image"])
    return images


def image_row(directory: str, content: bytes, image: Image, keep: timedelta, secret: bytes) -> ImageRow:
    """Return the row of an image; its retention `keep` starts when the row is written."""
    sha256 = hashlib.sha256(content).digest()
    key = image_key(secret, directory, sha256, image.extension)
    return ImageRow(directory, key, image.media_type, len(content), sha256, keep)


def image_key(secret: bytes, directory: str, sha256: bytes, extension: str) -> str:
    """Return a key derived from the directory and the content's digest: an id of the directory, and the extension.

    It cannot be computed from the content without the secret.
    """
    digest = hmac.digest(secret, directory.encode() + b"\0" + sha256, "sha256")
    return f"{tagged(secret, directory, digest[:16])}.{extension}"
