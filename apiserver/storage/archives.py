"""Archives in the object store: uploads to import, and bundles made by exports. Each has a row and an expiry time.

As with images, the row is written first and deleted last, so the sweeper finds every object after an interruption.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from io import BufferedReader
from typing import Any, Literal
from uuid import UUID

import obstore
from obstore.store import ObjectStore

from apiserver.access.limits import Quota
from apiserver.access.metering import spend
from apiserver.database.pool import Database, Share
from apiserver.database.session import Connection
from apiserver.encryption.keys import DirectoryKeys, hold
from apiserver.encryption.sealing import HEADER_BYTES, Cipher, Place, is_sealed, key_id_of
from apiserver.problems import (
    ArchiveUnreadable,
    BundleNotFound,
    DatabaseBusy,
    ImageStoreUnavailable,
    ImageTooLarge,
    ObjectNotFound,
)
from apiserver.storage.free_space import FreeSpace
from apiserver.storage.object_store import StoredObject, delete_object, delete_objects, open_object, reaching_store
from apiserver.storage.range_reader import open_ranges
from apiserver.storage.sealed_objects import SealingPieces, decrypted
from apiserver.storage.sweeping import RETRY_AFTER, SweptBatch

_WRITING = timedelta(days=1)
"""An archive that is not complete after this time is deleted: its writer has died."""

_PART_BYTES = 5 * 1024 * 1024
"""Size of the parts in which an object is uploaded, the minimum of S3. Each archive being written buffers one part."""

_PARTS_AT_ONCE = 2

_logger = logging.getLogger(__name__)

_BEGIN = """
INSERT INTO archives (directory, job, archive, purpose, expires_at, key_id)
VALUES ($1, $2, $3, $4, now() + $5::interval, $6)
ON CONFLICT (directory, job) DO UPDATE SET complete = false, expires_at = excluded.expires_at, key_id = excluded.key_id,
    archive = excluded.archive
"""

# A deletion expires the bundles that are being written.
_COMPLETE = """
UPDATE archives SET complete = true, expires_at = now() + $3::interval
WHERE directory = $1 AND job = $2 AND expires_at > now() RETURNING true
"""

_FIND = "SELECT archive, key_id FROM archives WHERE directory = $1 AND job = $2 AND complete AND expires_at > now()"

_WHERE_STORED = "SELECT archive, key_id FROM archives WHERE directory = $1 AND job = $2"

_UNENCRYPTED = """
SELECT directory, job, archive FROM archives WHERE key_id IS NULL AND complete AND expires_at > now()
"""

_ENCRYPTED = """
UPDATE archives SET archive = $3, key_id = $4
WHERE directory = $1 AND job = $2 AND key_id IS NULL AND complete AND expires_at > now() RETURNING true
"""

_DELETE = "DELETE FROM archives WHERE directory = $1 AND job = $2"

_EXPIRED = """
SELECT directory, job FROM archives WHERE expires_at <= now() AND (retry_at IS NULL OR retry_at <= now())
ORDER BY retry_at NULLS FIRST, expires_at LIMIT $1
"""

_EXPIRED_IN = """
SELECT directory, job FROM archives WHERE directory = $2 AND expires_at <= now()
AND (retry_at IS NULL OR retry_at <= now()) ORDER BY retry_at NULLS FIRST, expires_at LIMIT $1
"""

# A failed import has deleted its own archive, unless it failed because its workers crashed.
_OF_IMPORTS = """
SELECT directory, job FROM archives
WHERE purpose = 'import' AND expires_at > now() AND (retry_at IS NULL OR retry_at <= now())
"""

_OF_IMPORTS_IN = f"{_OF_IMPORTS} AND directory = $1"

_FAILED = """
SELECT job FROM jobs JOIN procrastinate_jobs AS queue ON queue.id = jobs.number
WHERE job = ANY ($1::uuid[]) AND queue.status = 'failed'
"""

# In one directory after the other, because the directories may be on several servers. $3: jobs that failed.
_LOCK = """
SELECT directory, job FROM archives WHERE directory = $1 AND job = ANY ($2::uuid[])
AND (expires_at <= now() OR job = ANY ($3::uuid[])) AND (retry_at IS NULL OR retry_at <= now())
FOR UPDATE SKIP LOCKED
"""

_RETRY_LATER = "UPDATE archives SET retry_at = now() + $3::interval WHERE directory = $1 AND job = $2"

_EXPIRE_EXPORTS = "UPDATE archives SET expires_at = now() WHERE directory = $1 AND purpose = 'export'"

# Persons who are deleted before an import is planned must not be enrolled from its archive, so their names are kept
# with it. Once the import is planned, the rows of the plan are deleted instead.
_EXCLUDE_PERSONS = """
UPDATE archives SET erased = erased || $2::text[] WHERE directory = $1 AND purpose = 'import' AND NOT EXISTS (
    SELECT FROM imports WHERE imports.directory = $1 AND imports.job = archives.job AND planned
)
"""

Write = Callable[[bytes], Awaitable[None]]

Purpose = Literal["import", "export"]


async def exclude_persons(connection: Connection, directory: str, persons: Sequence[str], *, seconds: float) -> None:
    """Expire a directory's bundles, and exclude `persons` from imports that are not planned yet.

    seconds: limit for each statement.
    """
    await connection.execute(_EXPIRE_EXPORTS, directory, timeout=seconds)
    await connection.execute(_EXCLUDE_PERSONS, directory, persons, timeout=seconds)


class Archives:
    """Writes, opens and deletes archives, and reads objects that a manifest names."""

    def __init__(
        self,
        store: ObjectStore,
        database: Database,
        timeout_seconds: float,
        *,
        space: FreeSpace | None = None,
        keys: DirectoryKeys | None = None,
    ) -> None:
        self._store = store
        self._database = database
        self._timeout_seconds = timeout_seconds
        self._space = space or FreeSpace(None, None)
        self._keys = keys or DirectoryKeys(database)

    @asynccontextmanager
    async def writing(self, directory: str, job: UUID, purpose: Purpose, keep: timedelta) -> AsyncIterator[Write]:
        """Yield a function that appends to the job's archive; the archive is kept for `keep` after it is complete.

        An exception inside the block deletes what was written. Raises DatabaseUnavailable, KeyUnavailable,
        ImageStoreUnavailable, ImageStoreFull, or DatabaseBusy if a deletion expired the archive while it was written.
        """
        self._space.require()
        key, secret = _key(job), await self._keys.in_use(directory)
        async with self._database.connection() as connection:
            key_id = secret.key_id if secret else None
            await connection.execute(_BEGIN, directory, job, key, purpose, _WRITING, key_id)
        pieces = SealingPieces(secret, Place(directory, key))
        writer = obstore.open_writer_async(self._store, key, buffer_size=_PART_BYTES, max_concurrency=_PARTS_AT_ONCE)

        async def write(data: bytes) -> None:
            self._space.take(len(data))
            async with reaching_store(self._timeout_seconds):
                await writer.write(pieces.push(data))
            spend(Quota.STORED_BYTES, len(data))

        try:
            yield write
            async with reaching_store(self._timeout_seconds):
                await writer.write(pieces.finish())
                await writer.close()
            await self._complete(directory, job, keep)
        except BaseException:
            with suppress(ImageStoreUnavailable, OSError):
                async with reaching_store(self._timeout_seconds):
                    await writer.close()  # the writer cannot be aborted; the closed object is deleted below
            await self._delete_incomplete(directory, job)
            raise

    async def open(self, directory: str, job: UUID) -> StoredObject:
        """Open the job's archive. Raises BundleNotFound or an Outage."""
        async with self._database.connection(Share.READS) as connection:
            found = await connection.fetchrow(_FIND, directory, job)
        if found is None:
            raise BundleNotFound
        stored = await open_object(self._store, found["archive"], self._timeout_seconds, missing=BundleNotFound)
        place, is_encrypted = Place(directory, found["archive"]), found["key_id"] is not None
        return await decrypted(stored, self._keys, place, encrypted=is_encrypted)

    async def reader(self, directory: str, job: UUID, max_read_bytes: int) -> BufferedReader:
        """Return the job's archive as a file that fetches only the ranges that are read. Its reads block: use a thread.

        Raises ArchiveUnreadable if the archive no longer exists, or an Outage.
        """
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_WHERE_STORED, directory, job)
        name, key_id = row or (_key(job), None)
        async with reaching_store(self._timeout_seconds):
            try:
                size = (await obstore.head_async(self._store, name))["size"]
                start = await self._start(name, min(size, HEADER_BYTES))
            except FileNotFoundError as error:
                raise ArchiveUnreadable("The archive no longer exists; import it again.") from error
        cipher = None
        if is_sealed(start) and len(start) == HEADER_BYTES:
            key = await self._keys.find(directory, key_id_of(start))
            cipher = Cipher(key, Place(directory, name), start)
        elif key_id:
            raise ArchiveUnreadable("The stored archive was replaced; import it again.")
        return open_ranges(self._store, name, size, max_read_bytes, cipher)

    async def _start(self, key: str, length: int) -> bytes:
        return bytes(await obstore.get_range_async(self._store, key, start=0, length=length)) if length else b""

    async def read_object(self, key: str, max_bytes: int) -> bytes:
        """Return an object that a client put into the store.

        Raises ObjectNotFound, ImageTooLarge or ImageStoreUnavailable.
        """
        async with reaching_store(self._timeout_seconds):
            try:
                found = await obstore.get_async(self._store, key)
                if found.meta["size"] > max_bytes:
                    raise ImageTooLarge
                return bytes(await found.bytes_async())
            except FileNotFoundError as error:
                raise ObjectNotFound from error

    async def delete(self, directory: str, job: UUID) -> None:
        """Delete the job's archive, if it exists, and then its row. Raises ImageStoreUnavailable."""
        for name in _names(job):
            await delete_object(self._store, name, self._timeout_seconds)
        async with self._database.connection() as connection:
            await connection.execute(_DELETE, directory, job)

    async def delete_expired(self, limit: int, directory: str | None = None) -> SweptBatch:
        """Delete up to `limit` expired archives, those that were never tried first.

        An archive that cannot be deleted is retried later. directory: None for all of them.
        """
        async with self._database.connection() as connection, connection.transaction():
            expired = await _locked(connection, limit, directory)
            seconds = min(self._timeout_seconds, self._database.hold_seconds)
            names = [name for _, job in expired for name in _names(job)]
            stuck = await delete_objects(self._store, names, seconds)
            for of_one, job in expired:
                if not stuck.keys().isdisjoint(_names(job)):
                    await connection.execute(_RETRY_LATER, of_one, job, RETRY_AFTER)
                else:
                    await connection.execute(_DELETE, of_one, job)
        kept = sum(not stuck.keys().isdisjoint(_names(job)) for _, job in expired)
        return SweptBatch(len(expired) - kept, stuck)

    async def encrypt_stored(self) -> int:
        """Encrypt the archives that were stored before encryption was turned on, and return their number.

        Each is copied under another name. An import that reads it meanwhile is put off, and goes on with the copy.
        Raises an Outage.
        """
        async with self._database.connection() as connection:
            rows = await connection.fetch(_UNENCRYPTED)
        return sum([await self._encrypt(*row) for row in rows])

    async def _encrypt(self, directory: str, job: UUID, name: str) -> bool:
        key, copy = await self._keys.in_use(directory), _names(job)[1]
        if key is None:
            return False
        try:
            stored = await open_object(self._store, name, self._timeout_seconds, missing=BundleNotFound)
        except BundleNotFound:  # it was deleted in the meantime
            return False
        pieces = SealingPieces(key, Place(directory, copy))
        writer = obstore.open_writer_async(self._store, copy, buffer_size=_PART_BYTES, max_concurrency=_PARTS_AT_ONCE)
        try:
            async for chunk in stored.chunks:
                async with reaching_store(self._timeout_seconds):
                    await writer.write(pieces.push(chunk))
            async with reaching_store(self._timeout_seconds):
                await writer.write(pieces.finish())
        finally:
            async with reaching_store(self._timeout_seconds):
                await writer.close()
        async with self._database.connection() as connection, connection.transaction():
            await hold(connection, directory, {key.key_id})
            moved = await connection.fetchval(_ENCRYPTED, directory, job, copy, key.key_id)
        await delete_object(self._store, name if moved else copy, self._timeout_seconds)
        return moved is not None

    async def _complete(self, directory: str, job: UUID, keep: timedelta) -> None:
        async with self._database.connection() as connection:
            if not await connection.fetchval(_COMPLETE, directory, job, keep):
                raise DatabaseBusy("A person was deleted while the archive was written; it may contain their data.")

    async def _delete_incomplete(self, directory: str, job: UUID) -> None:
        try:
            await asyncio.shield(self.delete(directory, job))
        except Exception:  # the sweeper deletes it later
            _logger.warning("The archive of job %s could not be deleted; the sweeper will retry", job, exc_info=True)


async def _locked(connection: Connection, limit: int, directory: str | None) -> list[tuple[str, UUID]]:
    """Lock up to `limit` archives that are not needed any more; return the directory and the job of each."""
    within = [] if directory is None else [directory]
    found = await connection.fetch(_EXPIRED_IN if within else _EXPIRED, limit, *within)
    of_imports: list[Mapping[str, Any]] = []
    if len(found) < limit:
        of_imports = await connection.fetch(_OF_IMPORTS_IN if within else _OF_IMPORTS, *within)
    jobs = [row["job"] for row in of_imports]
    failed = {row["job"] for row in await connection.fetch(_FAILED, jobs)} if jobs else set()
    found += [row for row in of_imports if row["job"] in failed][: limit - len(found)]
    locked: list[tuple[str, UUID]] = []
    for each in {row["directory"] for row in found}:
        of_directory = [row["job"] for row in found if row["directory"] == each]
        rows = await connection.fetch(_LOCK, each, of_directory, list(failed))
        locked += [(row["directory"], row["job"]) for row in rows]
    return locked


def _key(job: UUID) -> str:
    return f"archives/{job}.zip"


def _names(job: UUID) -> tuple[str, str]:
    """Return the names under which the archive of a job may be stored: as it was written, and encrypted later."""
    return _key(job), f"archives/{job}.sealed.zip"
