"""Images in an object store that all gateways share. Each has a row with its expiry time.

An object never exists without its row: the row is written first and deleted last, so the sweeper finds every object
after an interruption.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit
from urllib.request import url2pathname
from uuid import UUID

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, from_url

from apiserver.biometrics.face import Image
from apiserver.database import Connection, Database
from apiserver.problems import FileNotFound, ImageStoreUnavailable

_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[a-z0-9]{1,8}")

_FIND = "SELECT media_type FROM images WHERE image = $1 AND (expires_at IS NULL OR expires_at > now())"

RETRY_SECONDS = 600
"""Time until the next attempt to delete an object."""

# `written_at` is checked because the object of a photograph with a short retention may still be being uploaded.
_LOCK_EXPIRED = """
SELECT directory, image FROM images WHERE expires_at <= now() AND retry_at IS NULL
AND written_at <= now() - $2::interval
ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
"""

_LOCK_STUCK = """
SELECT directory, image FROM images WHERE expires_at <= now() AND retry_at <= now()
AND written_at <= now() - $2::interval
ORDER BY retry_at LIMIT $1 FOR UPDATE SKIP LOCKED
"""

_LOCK_DELETED = """
SELECT directory, image FROM images WHERE directory = $1 AND deletion = $2 AND expires_at <= now()
AND written_at <= now() - $3::interval AND (retry_at IS NULL OR retry_at <= now())
LIMIT $4 FOR UPDATE
"""

_LEAVE = """
UPDATE images SET retry_at = now() + $3::interval
FROM unnest($1::text[], $2::text[]) AS stuck (directory, image)
WHERE images.directory = stuck.directory AND images.image = stuck.image
"""

_FORGET = """
DELETE FROM images USING unnest($1::text[], $2::text[]) AS expired (directory, image)
WHERE images.directory = expired.directory AND images.image = expired.image
"""


class ImageRow(NamedTuple):
    """The row of an image. key: name in the store and in the URL. sha256: digest of the bytes. keep: retention."""

    directory: str
    key: str
    media_type: str
    size_bytes: int
    sha256: bytes
    keep: timedelta


def write_row(first: int) -> str:
    """Return the statement that writes an ImageRow; its fields are the parameters from $first.

    The statement never shortens the retention of an existing image. It cancels a pending deletion: an image that is
    sent again is treated as new.
    """
    return """
INSERT INTO images (directory, image, media_type, size_bytes, sha256, expires_at)
VALUES (${}, ${}, ${}, ${}, ${}, now() + ${}::interval)
ON CONFLICT (directory, image) DO UPDATE SET written_at = now(), deletion = NULL,
    expires_at = CASE WHEN images.expires_at IS NOT NULL THEN greatest(images.expires_at, excluded.expires_at) END
""".format(*range(first, first + len(ImageRow._fields)))


WRITE_ROW = write_row(1)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """The content of a stored image, as a stream."""

    media_type: str
    size_bytes: int
    chunks: AsyncIterator[bytes]


class Removal(NamedTuple):
    """Number of objects deleted, and the errors of those that could not be, by key."""

    removed: int
    stuck: dict[str, BaseException]


class ImageStore:
    """Saves, opens and deletes images."""

    def __init__(self, store: ObjectStore, database: Database, timeout_seconds: float) -> None:
        self._store = store
        self._database = database
        self._timeout_seconds = timeout_seconds
        self._removal_seconds = min(timeout_seconds, database.hold_seconds)
        self.uploads_end_after = timedelta(seconds=2 * timeout_seconds)
        """The latest time after its row is written at which an object may appear; a search may run in between."""

    async def save(self, row: ImageRow, content: bytes) -> None:
        """Write the row, then the object. Raises DatabaseUnavailable or ImageStoreUnavailable."""
        async with self._database.connection() as connection:
            await connection.execute(WRITE_ROW, *row)
        await self.put(row, content)

    async def save_all(self, images: Mapping[ImageRow, bytes]) -> None:
        """Write all rows, then all objects. Raises as `save` does."""
        async with self._database.connection() as connection:
            await connection.executemany(WRITE_ROW, sorted(images))  # a common order prevents deadlocks
        await asyncio.gather(*(self.put(row, content) for row, content in images.items()))

    async def put(self, row: ImageRow, content: bytes) -> None:
        """Write the object of an existing row. Raises ImageStoreUnavailable."""
        async with reaching_store(self._timeout_seconds):
            await obstore.put_async(self._store, row.key, content)

    async def open(self, key: str) -> StoredFile:
        """Open the image at `key`. Raises FileNotFound if the key is invalid, or the image is absent or expired."""
        if not _KEY.fullmatch(key):
            raise FileNotFound
        async with self._database.connection() as connection:
            media_type = await connection.fetchval(_FIND, key)
        if media_type is None:
            raise FileNotFound
        async with reaching_store(self._timeout_seconds):
            try:
                found = await obstore.get_async(self._store, key)
            except FileNotFoundError as error:
                raise FileNotFound from error
        return StoredFile(media_type, found.meta["size"], (bytes(chunk) async for chunk in found.stream()))

    async def remove_expired(self, limit: int) -> Removal:
        """Delete up to `limit` expired images: those never tried or, if there are none, those that failed before.

        The rows stay locked until the objects are deleted, so a concurrent save of the same image waits and then
        stores it again. The row of an object that cannot be deleted is kept and retried later.
        Raises DatabaseUnavailable.
        """
        age = self.uploads_end_after
        async with self._database.connection() as connection, connection.transaction():
            rows = await connection.fetch(_LOCK_EXPIRED, limit, age) or await connection.fetch(_LOCK_STUCK, limit, age)
            return await self._remove(connection, rows)

    async def remove_deleted(self, directory: str, deletion: UUID, limit: int) -> Removal:
        """Delete up to `limit` images of a deletion, as `remove_expired` does. Raises DatabaseUnavailable."""
        async with self._database.connection() as connection, connection.transaction():
            rows = await connection.fetch(_LOCK_DELETED, directory, deletion, self.uploads_end_after, limit)
            return await self._remove(connection, rows)

    async def _remove(self, connection: Connection, rows: Sequence[Mapping[str, str]]) -> Removal:
        faults = await asyncio.gather(*(self._delete(row["image"]) for row in rows), return_exceptions=True)
        outcomes = list(zip(rows, faults, strict=True))
        await connection.execute(_FORGET, *_columns([row for row, fault in outcomes if fault is None]))
        stuck = [row for row, fault in outcomes if fault is not None]
        await connection.execute(_LEAVE, *_columns(stuck), timedelta(seconds=RETRY_SECONDS))
        return Removal(len(rows) - len(stuck), {row["image"]: fault for row, fault in outcomes if fault is not None})

    async def _delete(self, key: str) -> None:
        async with reaching_store(self._removal_seconds):
            with suppress(FileNotFoundError):  # a save was interrupted between row and object
                await obstore.delete_async(self._store, key)


@asynccontextmanager
async def reaching_store(timeout_seconds: float) -> AsyncIterator[None]:
    """Limit the time of the block and translate the object store's errors into problems."""
    try:
        async with asyncio.timeout(timeout_seconds):
            yield
    except (BaseError, OSError) as error:
        raise ImageStoreUnavailable from error


def _columns(rows: Sequence[Mapping[str, str]]) -> tuple[list[str], list[str]]:
    return [row["directory"] for row in rows], [row["image"] for row in rows]


def image_row(directory: str, content: bytes, image: Image, keep: timedelta) -> ImageRow:
    """Return the row of an image; its retention `keep` starts when the row is written."""
    sha256 = hashlib.sha256(content).digest()
    key = image_key(directory, sha256, image.extension)
    return ImageRow(directory, key, image.media_type, len(content), sha256, keep)


def image_key(directory: str, sha256: bytes, extension: str) -> str:
    """Return a key derived from the directory and the content's digest: a version 8 UUID and the extension."""
    digest = hashlib.sha256(directory.encode() + b"\0" + sha256).digest()
    number = int.from_bytes(digest[:16]) & ~(0xF << 76) & ~(0b11 << 62)
    return f"{UUID(int=number | 8 << 76 | 0b10 << 62)}.{extension}"


def open_store(url: str) -> ObjectStore:
    """Open the object store at `url`; create the folder of a `file://` URL. Raises ValueError for an unknown scheme."""
    if folder := local_folder(url):
        folder.mkdir(parents=True, exist_ok=True)
    return from_url(url)


def local_folder(url: str) -> Path | None:
    """Return the folder of a `file://` store; None for other stores."""
    parts = urlsplit(url)
    return Path(url2pathname(parts.path)) if parts.scheme == "file" else None
