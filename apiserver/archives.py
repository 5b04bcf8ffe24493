"""What is uploaded to be imported, and what exports make: objects that go by themselves, each with a row.

As with images the row is written first and removed last, so that whatever is interrupted, the sweeper finds it.
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
from apiserver.image_store import RETRY_SECONDS, Removal, reaching_store
from apiserver.problems import (
    ArchiveUnreadable,
    BundleNotFound,
    DatabaseBusy,
    ImageStoreUnavailable,
    ImageTooLarge,
    ObjectNotFound,
)
from apiserver.range_reader import open_ranges

_WRITING = timedelta(days=1)
"""An archive that is not complete by then never will be."""

_PART_BYTES = 5 * 1024 * 1024
"""Objects are stored in parts of so many bytes, the least that S3 takes; one is in memory for each archive written."""

_PARTS_AT_ONCE = 2

_RETRY = timedelta(seconds=RETRY_SECONDS)

_logger = logging.getLogger(__name__)

_BEGIN = """
INSERT INTO archives (directory, job, archive, purpose, expires_at) VALUES ($1, $2, $3, $4, now() + $5::interval)
ON CONFLICT (directory, job) DO UPDATE SET complete = false, expires_at = excluded.expires_at
"""

# What has expired meanwhile was withdrawn.
_COMPLETE = """
UPDATE archives SET complete = true, expires_at = now() + $3::interval
WHERE directory = $1 AND job = $2 AND expires_at > now() RETURNING true
"""

_FIND = "SELECT archive FROM archives WHERE directory = $1 AND job = $2 AND complete AND expires_at > now()"

_FORGET = "DELETE FROM archives WHERE directory = $1 AND job = $2"

# An import that failed has removed its archive itself, unless that was what its workers died over.
_LOCK_EXPIRED = """
SELECT directory, job, archive FROM archives WHERE (expires_at <= now() OR purpose = 'import' AND EXISTS (
    SELECT FROM jobs JOIN procrastinate_jobs AS queue ON queue.id = jobs.number
    WHERE jobs.job = archives.job AND queue.status = 'failed'
)) AND (retry_at IS NULL OR retry_at <= now())
ORDER BY retry_at NULLS FIRST, expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
"""

_LEAVE = "UPDATE archives SET retry_at = now() + $3::interval WHERE directory = $1 AND job = $2"

_WITHDRAW = "UPDATE archives SET expires_at = now() WHERE directory = $1 AND purpose = 'export'"

# What is uploaded for an import goes when that ends, and whoever is deleted before is not enrolled from it; once it is
# planned, the rows of the plan are deleted instead.
_ERASE = """
UPDATE archives SET erased = erased || $2::text[] WHERE directory = $1 AND purpose = 'import' AND NOT EXISTS (
    SELECT FROM imports WHERE imports.directory = $1 AND imports.job = archives.job AND planned
)
"""

Write = Callable[[bytes], Awaitable[None]]

Purpose = Literal["import", "export"]


class StoredArchive(NamedTuple):
    """The content of an archive, to be streamed."""

    size_bytes: int
    chunks: AsyncIterator[bytes]


async def withdraw(connection: Connection, directory: str, persons: Sequence[str], *, seconds: float) -> None:
    """Have a directory's bundles removed within a minute, and persons left out of what is still to be imported."""
    await connection.execute(_WITHDRAW, directory, timeout=seconds)
    await connection.execute(_ERASE, directory, persons, timeout=seconds)


class Archives:
    """Writes, opens and removes archives, and reads what somebody put into the store for an import."""

    def __init__(self, store: ObjectStore, database: Database, timeout_seconds: float) -> None:
        self._store = store
        self._database = database
        self._timeout_seconds = timeout_seconds

    @asynccontextmanager
    async def writing(self, directory: str, job: UUID, purpose: Purpose, keep: timedelta) -> AsyncIterator[Write]:
        """Lend a function that appends to the job's archive, which is to stay for `keep` from its end on.

        Whatever is raised inside removes what was written. Raises DatabaseUnavailable, ImageStoreUnavailable, and
        DatabaseBusy where the archive was withdrawn while it was written.
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
                    await writer.close()  # it has no way to give up; what it closes is removed
            await self._discard(directory, job)
            raise

    async def open(self, directory: str, job: UUID) -> StoredArchive:
        """Return the job's archive. Raises BundleNotFound."""
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
        """Return the job's archive as a file of which only what is read is fetched; use it on another thread.

        Raises ArchiveUnreadable where there is none any more.
        """
        async with reaching_store(self._timeout_seconds):
            try:
                meta = await obstore.head_async(self._store, _key(job))
            except FileNotFoundError as error:
                raise ArchiveUnreadable("The archive is no longer there; import it anew.") from error
        return open_ranges(self._store, _key(job), meta["size"], longest_read)

    async def read_object(self, key: str, most_bytes: int) -> bytes:
        """Return an object that somebody put into the store.

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
        """Remove the job's archive, if there is one, and then its row. Raises ImageStoreUnavailable."""
        await self._delete(_key(job), self._timeout_seconds)
        async with self._database.connection() as connection:
            await connection.execute(_FORGET, directory, job)

    async def remove_expired(self, limit: int) -> Removal:
        """Remove up to `limit` archives whose time is over, those never tried first.

        One that cannot be removed is left alone for a while.
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
                raise DatabaseBusy("Somebody was deleted meanwhile; what was written may hold them.")

    async def _discard(self, directory: str, job: UUID) -> None:
        try:
            await asyncio.shield(self.remove(directory, job))
        except Exception:  # the sweeper will
            _logger.warning("The archive of %s was left for the sweeper", job, exc_info=True)

    async def _delete(self, key: str, timeout_seconds: float) -> None:
        async with reaching_store(timeout_seconds):
            with suppress(FileNotFoundError):
                await obstore.delete_async(self._store, key)


def _key(job: UUID) -> str:
    return f"archives/{job}.zip"
