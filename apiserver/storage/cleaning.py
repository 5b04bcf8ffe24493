"""Takes the metadata out of photographs that are stored as they were sent, though their directory does not want that.

They were stored by an earlier release, or before the directory's setting changed.
"""

import hashlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

from apiserver.database.pool import Database
from apiserver.encryption.keys import hold
from apiserver.problems import FileNotFound, ObjectDamaged, Refused, VectorizerFailed
from apiserver.storage.images import ImageRow, ImageStore
from apiserver.storage.photographs import PICTURE_TYPE, without_metadata

_BATCH = 50

# An object that is just being uploaded is left to a later run, which finds it complete.
_AS_SENT = """
stored_sha256 IS NULL AND written_at <= now() - $3::interval AND (expires_at IS NULL OR expires_at > now())
AND NOT EXISTS (SELECT FROM directories WHERE directories.directory = images.directory AND keep_originals)
"""
_NEXT = f"""
SELECT directory, image, media_type, sha256 FROM images WHERE (directory, image) > ($1, $2) AND {_AS_SENT}
ORDER BY directory, image LIMIT $4
"""  # noqa: S608 - a constant
_LOCK = f"SELECT true FROM images WHERE directory = $1 AND image = $2 AND {_AS_SENT} FOR UPDATE"  # noqa: S608
_WRITE = """
UPDATE images SET media_type = $3, size_bytes = $4, stored_sha256 = $5, key_id = $6 WHERE directory = $1 AND image = $2
"""

_logger = logging.getLogger(__name__)


class Cleaning:
    """Writes the objects again, one at a time, without metadata.

    What is written stays, and an object that was written just before an interruption is written again.
    """

    def __init__(
        self, database: Database, images: ImageStore, encode: Callable[[bytes], Awaitable[bytes | None]]
    ) -> None:
        """encode: returns the picture of a file that cannot be rewritten as a new file."""
        self._database = database
        self._images = images
        self._encode = encode

    async def run(self) -> AsyncIterator[int]:
        """Yield how many photographs were cleaned, from batch to batch; those that cannot be read are left.

        Raises an Outage.
        """
        last, cleaned, left = ("", ""), 0, 0
        while batch := await self._next(*last):
            done = [await self._clean(row) for row in batch]
            last = batch[-1]["directory"], batch[-1]["image"]
            cleaned, left = cleaned + done.count(True), left + done.count(False)
            yield done.count(True)
        if cleaned or left:
            _logger.info("Metadata were taken out of %d photographs; %d are left as they are", cleaned, left)

    async def _next(self, directory: str, image: str) -> list[Mapping[str, Any]]:
        async with self._database.connection() as connection:
            rows: list[Mapping[str, Any]] = await connection.fetch(
                _NEXT, directory, image, self._images.uploads_end_after, _BATCH
            )
        return rows

    async def _clean(self, row: Mapping[str, Any]) -> bool:
        try:
            stored = await self._images.open(row["image"], admits=row["directory"].__eq__)
            content = b"".join([chunk async for chunk in stored.chunks])
            cleaned = await without_metadata(content)
            picture = None if cleaned else await self._encode(content)
        except FileNotFound:  # it was deleted in the meantime
            return False
        except (Refused, VectorizerFailed, ObjectDamaged) as problem:
            _logger.warning("The metadata of %s cannot be taken out: %s", row["image"], problem)
            return False
        written = cleaned or picture
        return written is not None and await self._write(row, written, PICTURE_TYPE if picture else row["media_type"])

    async def _write(self, row: Mapping[str, Any], content: bytes, media_type: str) -> bool:
        """Write the object and its row, unless they changed. The row stays locked, so that nothing deletes it."""
        where, digest = (row["directory"], row["image"]), hashlib.sha256(content).digest()
        written = ImageRow(*where, media_type, len(content), row["sha256"], timedelta(), digest)
        written = await self._images.keyed(written)
        stored = await self._images.encrypt(written, content)
        async with self._database.connection() as connection, connection.transaction():
            await hold(connection, written.directory, {written.key_id} if written.key_id else set())
            if not await connection.fetchval(_LOCK, *where, self._images.uploads_end_after):
                return False
            await self._images.write(written.key, stored, self._database.hold_seconds)
            await connection.execute(_WRITE, *where, media_type, len(content), digest, written.key_id)
        return True
