"""Encrypts photographs that were stored before encryption was turned on, or under a key that was retired since."""

import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any

from apiserver.database.pool import Database
from apiserver.encryption.keys import hold
from apiserver.encryption.rotation import Retired
from apiserver.encryption.sealing import HEADER_BYTES, DataKey, is_sealed, key_id_of
from apiserver.problems import FileNotFound, KeyUnavailable, ObjectDamaged
from apiserver.storage.images import ImageStore

_BATCH = 50

# An object that is just being uploaded is left to a later run, which finds it complete.
_SETTLED = "written_at <= now() - $3::interval AND (expires_at IS NULL OR expires_at > now())"

_UNENCRYPTED = f"""
SELECT directory, image, stored_sha256, key_id FROM images
WHERE (directory, image) > ($1, $2) AND key_id IS NULL AND {_SETTLED} ORDER BY directory, image LIMIT $4
"""  # noqa: S608 - a constant
_OF_KEY = f"""
SELECT directory, image, stored_sha256, key_id FROM images
WHERE directory = $1 AND image > $2 AND key_id = $5 AND {_SETTLED} ORDER BY image LIMIT $4
"""  # noqa: S608

# What was read before the lock is written, so it must not have changed since.
_LOCK = f"""
SELECT true FROM images WHERE directory = $1 AND image = $2 AND {_SETTLED}
AND stored_sha256 IS NOT DISTINCT FROM $4 AND key_id IS NOT DISTINCT FROM $5 FOR UPDATE
"""  # noqa: S608
_WRITE = "UPDATE images SET key_id = $3 WHERE directory = $1 AND image = $2"

_logger = logging.getLogger(__name__)


class Encrypting:
    """Writes the objects again, one at a time. What is written stays."""

    def __init__(self, database: Database, images: ImageStore) -> None:
        self._database = database
        self._images = images

    async def run(self, retired: Retired | None = None) -> AsyncIterator[int]:
        """Yield how many photographs were encrypted, from batch to batch: those in the clear, or of a retired key.

        Those that cannot be read are left. Raises an Outage.
        """
        last = (retired.directory if retired else "", "")
        while batch := await self._next(last, retired):
            yield [await self._encrypt(row) for row in batch].count(True)
            last = batch[-1]["directory"], batch[-1]["image"]

    async def _next(self, last: tuple[str, str], retired: Retired | None) -> list[Mapping[str, Any]]:
        statement, of_key = (_OF_KEY, [retired.key_id]) if retired else (_UNENCRYPTED, [])
        async with self._database.connection() as connection:
            rows: list[Mapping[str, Any]] = await connection.fetch(
                statement, *last, self._images.uploads_end_after, _BATCH, *of_key
            )
        return rows

    async def _encrypt(self, row: Mapping[str, Any]) -> bool:
        where = row["directory"], row["image"]
        key = await self._images.keys.in_use(row["directory"])
        if key is None:
            raise KeyUnavailable
        try:
            stored = await self._encrypted(*where, key)
        except FileNotFound:  # it was deleted in the meantime
            return False
        except (KeyUnavailable, ObjectDamaged) as problem:
            _logger.warning("%s cannot be encrypted under the key in use: %s", row["image"], problem)
            return False
        async with self._database.connection() as connection, connection.transaction():
            await hold(connection, row["directory"], {key.key_id})
            seen = self._images.uploads_end_after, row["stored_sha256"], row["key_id"]
            if not await connection.fetchval(_LOCK, *where, *seen):
                return False
            if stored is not None:
                await self._images.write(row["image"], stored, self._database.hold_seconds)
            await connection.execute(_WRITE, *where, key.key_id)
        return True

    async def _encrypted(self, directory: str, image: str, key: DataKey) -> bytes | None:
        """Return an object encrypted under `key`, None if it is already. Raises FileNotFound or an Outage."""
        stored = await self._images.read_stored(image)
        if is_sealed(stored) and key_id_of(stored[:HEADER_BYTES]) == key.key_id:
            return None
        return await self._images.reencrypt(directory, image, stored, key)
