"""Archives in the object store: uploads to import, and bundles made by exports. Each has a row and an expiry time.

As with images, the row is written first and deleted last, so the sweeper finds every object after an interruption.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from io import BufferedReader
from typing import Literal, NamedTuple
from uuid import UUID

import obstore
from obstore.store import ObjectStore

from apiserver.database import Connection, Database
from apiserver.problems import (
    ArchiveUnreadable,
    BundleNotFound,
    DatabaseBusy,
    ImageStoreUnavailable,
    ImageTooLarge,
    ObjectNotFound,
)
from apiserver.storage.images import RETRY_SECONDS, Removal, reaching_store
from apiserver.storage.range_reader import open_ranges

_WRITING = timedelta(days=1)
"""An archive that is not complete after this time was abandoned."""

_PART_BYTES = 5 * 1024 * 1024
"""Size of the parts in which an object is uploaded, the minimum of S3. Each archive being written buffers one part."""

_PARTS_AT_ONCE = 2

_RETRY = timedelta(seconds=RETRY_SECONDS)

_logger = logging.getLogger(__name__)

_BEGIN = """
INSERT INTO archives (directory, job, archive, purpose, expires_at) VALUES ($1, $2, $3, $4, now() + $5::interval)
ON CONFLICT (directory, job) DO UPDATE SET complete = false, expires_at = excluded.expires_at
"""

# An archive that expired while it was written was withdrawn.
_COMPLETE = """
UPDATE archives SET complete = true, expires_at = now() + $3::interval
WHERE directory = $1 AND job = $2 AND expires_at > now() RETURNING true
"""

_FIND = "SELECT archive FROM archives WHERE directory = $1 AND job = $2 AND complete AND expires_at > now()"

_FORGET = "DELETE FROM archives WHERE directory = $1 AND job = $2"

# A failed import has deleted its own archive, unless it failed because its workers crashed.
_LOCK_EXPIRED = """
SELECT directory, job, archive FROM archives WHERE (expires_at <= now() OR purpose = 'import' AND EXISTS (
    SELECT FROM jobs JOIN procrastinate_jobs AS queue ON queue.id = jobs.number
    WHERE jobs.job = archives.job AND queue.status = 'failed'
)) AND (retry_at IS NULL OR retry_at <= now())
ORDER BY retry_at NULLS FIRST, expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
"""

_LEAVE = "UPDATE archives SET retry_at = now() + $3::interval WHERE directory = $1 AND job = $2"

_WITHDRAW = "UPDATE archives SET expires_at = now() WHERE directory = $1 AND purpose = 'export'"

# Persons who are deleted before an import is planned must not be enrolled from its archive, so their names are kept
# with it. Once the import is planned, the rows of the plan are deleted instead.
_ERASE = """
UPDATE archives SET erased = erased || $2::text[] WHERE directory = $1 AND purpose = 'import' AND NOT EXISTS (
    SELECT FROM imports WHERE imports.directory = $1 AND imports.job = archives.job AND planned
)
"""

Write = Callable[[bytes], Awaitable[None]]

Purpose = Literal["import", "export"]


class StoredArchive(NamedTuple):
    """The content of an archive, as a stream."""

    size_bytes: int
    chunks: AsyncIterator[bytes]


async def withdraw(connection: Connection, directory: str, persons: Sequence[str], *, seconds: float) -> None:
    """Expire a directory's bundles, and exclude `persons` from imports that are not planned yet.

    seconds: limit for each statement.
    """
    await connection.execute(_WITHDRAW, directory, timeout=seconds)
    await connection.execute(_ERASE, directory, persons, timeout=seconds)


class Archives:
    """Writes, opens and deletes archives, and reads objects that a manifest names."""

    def __init__(self, store: ObjectStore, database: Database, timeout_seconds: float) -> None:
        self._store = store
        self._database = database
        self._timeout_seconds = timeout_seconds

    @asynccontextmanager
    async def writing(self, directory: str, job: UUID, purpose: Purpose, keep: timedelta) -> AsyncIterator[Write]:
        """Yield a function that appends to the job's archive; the archive is kept for `keep` after it is complete.

        An exception inside the block deletes what was written. Raises DatabaseUnavailable, ImageStoreUnavailable, or
        DatabaseBusy if the archive was withdrawn while it was written.
        """
        key = _key(job)
        async with self._database.connection() as connection:
            await connection.execute(_BEGIN, directory, job, key, purpose, _WRITING)
        writer = obstore.open_writer_async(self._store, key, buffer_size=_PART_BYTES, max_concurrency=_PARTS_AT_ONCE)

        async def write(data: bytes) -> None:
            async with reaching_store(self._timeout_seconds):
                await writer.write(data)

        try:
            yield write
            async with reaching_store(self._timeout_seconds):
                await writer.close()
            await self._complete(directory, job, keep)
        except BaseException:
            with suppress(ImageStoreUnavailable, OSError):
                async with reaching_store(self._timeout_seconds):
                    await writer.close()  # the writer cannot be aborted; the closed object is deleted below
            await self._discard(directory, job)
            raise

    async def open(self, directory: str, job: UUID) -> StoredArchive:
        """Open the job's archive. Raises BundleNotFound."""
        async with self._database.connection() as connection:
            key = await connection.fetchval(_FIND, directory, job)
        if key is None:
            raise BundleNotFound
        async with reaching_store(self._timeout_seconds):
            try:
                found = await obstore.get_async(self._store, key)
            except FileNotFoundError as error:
                raise BundleNotFound from error
        return StoredArchive(found.meta["size"], (bytes(chunk) async for chunk in found.stream()))

    async def reader(self, job: UUID, longest_read: int) -> BufferedReader:
        """Return the job's archive as a file that fetches only the ranges that are read. Its reads block: use a thread.

        Raises ArchiveUnreadable if the archive no longer exists.
        """
        async with reaching_store(self._timeout_seconds):
            try:
                meta = await obstore.head_async(self._store, _key(job))
            except FileNotFoundError as error:
                raise ArchiveUnreadable("The archive no longer exists; import it again.") from error
        return open_ranges(self._store, _key(job), meta["size"], longest_read)

    async def read_object(self, key: str, most_bytes: int) -> bytes:
        """Return an object that a client put into the store.

        Raises ObjectNotFound, ImageTooLarge or ImageStoreUnavailable.
        """
        async with reaching_store(self._timeout_seconds):
            try:
                found = await obstore.get_async(self._store, key)
                if found.meta["size"] > most_bytes:
                    raise ImageTooLarge
                return bytes(await found.bytes_async())
            except FileNotFoundError as error:
                raise ObjectNotFound from error

    async def remove(self, directory: str, job: UUID) -> None:
        """Delete the job's archive, if it exists, and then its row. Raises ImageStoreUnavailable."""
        await self._delete(_key(job), self._timeout_seconds)
        async with self._database.connection() as connection:
            await connection.execute(_FORGET, directory, job)

    async def remove_expired(self, limit: int) -> Removal:
        """Delete up to `limit` expired archives, those that were never tried first.

        An archive that cannot be deleted is retried later.
        """
        async with self._database.connection() as connection, connection.transaction():
            expired = await connection.fetch(_LOCK_EXPIRED, limit)
            seconds = min(self._timeout_seconds, self._database.hold_seconds)
            deletions = (self._delete(row["archive"], seconds) for row in expired)
            outcomes = list(zip(expired, await asyncio.gather(*deletions, return_exceptions=True), strict=True))
            gone = [(row["directory"], row["job"]) for row, fault in outcomes if fault is None]
            stuck = [(row["directory"], row["job"], _RETRY) for row, fault in outcomes if fault is not None]
            await connection.executemany(_FORGET, gone)
            await connection.executemany(_LEAVE, stuck)
        return Removal(len(gone), {row["archive"]: fault for row, fault in outcomes if fault is not None})

    async def _complete(self, directory: str, job: UUID, keep: timedelta) -> None:
        async with self._database.connection() as connection:
            if not await connection.fetchval(_COMPLETE, directory, job, keep):
                raise DatabaseBusy("A person was deleted while the archive was written; it may contain their data.")

    async def _discard(self, directory: str, job: UUID) -> None:
        try:
            await asyncio.shield(self.remove(directory, job))
        except Exception:  # the sweeper deletes it later
            _logger.warning("The archive of job %s could not be deleted; the sweeper will retry", job, exc_info=True)

    async def _delete(self, key: str, timeout_seconds: float) -> None:
        async with reaching_store(timeout_seconds):
            with suppress(FileNotFoundError):
                await obstore.delete_async(self._store, key)


def _key(job: UUID) -> str:
    return f"archives/{job}.zip"
