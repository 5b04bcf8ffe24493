"""Encrypts crops that were stored before encryption was turned on, or under a key that was retired since."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from apiserver.database.pool import Database
from apiserver.encryption.crops import StoredCrop, decrypted_crop, encrypted_crop
from apiserver.encryption.keys import DirectoryKeys, hold
from apiserver.encryption.rotation import Retired
from apiserver.encryption.sealing import DataKey
from apiserver.problems import KeyUnavailable, ObjectDamaged

_AT_ONCE = 50
"""Crops read and written per statement, of about 6 kB."""

_MAX_SECONDS = 60

_TABLES = ("faces", "collapsed_faces")

_DIRECTORIES = """
SELECT directory FROM directories WHERE
EXISTS (SELECT FROM faces WHERE faces.directory = directories.directory AND crop_key IS NULL)
OR EXISTS (SELECT FROM collapsed_faces AS kept WHERE kept.directory = directories.directory AND crop_key IS NULL)
ORDER BY directory
"""

_UNENCRYPTED = {
    table: f"""
SELECT face, crop, crop_key, image_sha256, box FROM {table}
WHERE directory = $1 AND face > $2 AND crop_key IS NULL ORDER BY face LIMIT $3
"""  # noqa: S608 - one of two constants
    for table in _TABLES
}
_OF_KEY = {
    table: f"""
SELECT face, crop, crop_key, image_sha256, box FROM {table}
WHERE directory = $1 AND face > $2 AND crop_key = $4 ORDER BY face LIMIT $3
"""  # noqa: S608
    for table in _TABLES
}
# A face that was deleted or collapsed in the meantime is not found.
_WRITE = {
    table: f"""
UPDATE {table} AS kept SET crop = encrypted.crop, crop_key = $4
FROM unnest($2::uuid[], $3::bytea[]) AS encrypted (face, crop)
WHERE kept.directory = $1 AND kept.face = encrypted.face AND kept.crop_key IS NOT DISTINCT FROM $5
"""  # noqa: S608
    for table in _TABLES
}

_logger = logging.getLogger(__name__)


class StoredCrops:
    """Writes crops again, some at a time. What is written stays."""

    def __init__(self, database: Database, keys: DirectoryKeys) -> None:
        self._database = database
        self._keys = keys

    async def run(self, retired: Retired | None = None) -> AsyncIterator[int]:
        """Yield how many crops were encrypted, from batch to batch: those in the clear, or those of a retired key.

        Those that cannot be read are left. Pauses after each batch for as long as it took. Raises an Outage.
        """
        for directory in [retired.directory] if retired else await self._directories():
            for table in _TABLES:  # what a merge collapses in between is found in the second one
                async for rows in self._batches(table, directory, retired):
                    begun = time.monotonic()
                    yield await self._encrypt(table, directory, rows)
                    await asyncio.sleep(time.monotonic() - begun)

    async def _directories(self) -> list[str]:
        async with self._database.connection() as connection:
            return [row["directory"] for row in await connection.fetch(_DIRECTORIES, timeout=_MAX_SECONDS)]

    async def _batches(
        self, table: str, directory: str, retired: Retired | None
    ) -> AsyncIterator[list[Mapping[str, Any]]]:
        statement, of_key = (_OF_KEY, [retired.key_id]) if retired else (_UNENCRYPTED, [])
        last = UUID(int=0)
        while True:
            async with self._database.connection() as connection:
                rows = await connection.fetch(statement[table], directory, last, _AT_ONCE, *of_key)
            if not rows:
                return
            yield rows
            last = rows[-1]["face"]

    async def _encrypt(self, table: str, directory: str, rows: Sequence[Mapping[str, Any]]) -> int:
        key = await self._keys.in_use(directory)
        if key is None:
            raise KeyUnavailable
        coded = [(row["face"], await self._encrypted(key, directory, row)) for row in rows]
        done = [(face, stored.crop) for face, stored in coded if stored]
        columns = [face for face, _ in done], [crop for _, crop in done]
        async with self._database.connection() as connection, connection.transaction():
            await hold(connection, directory, {key.key_id})
            await connection.execute(_WRITE[table], directory, *columns, key.key_id, rows[0]["crop_key"])
        return len(done)

    async def _encrypted(self, key: DataKey, directory: str, row: Mapping[str, Any]) -> StoredCrop | None:
        try:
            crop = await decrypted_crop(self._keys, directory, row)
        except (KeyUnavailable, ObjectDamaged) as problem:
            _logger.warning("The crop of %s cannot be encrypted under the key in use: %s", row["face"], problem)
            return None
        return encrypted_crop(key, directory, row["image_sha256"], row["box"], crop)
