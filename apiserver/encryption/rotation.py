"""Rotation: keys of directories are wrapped again by the newest master key, or replaced by new keys."""

import logging
import os
from typing import NamedTuple
from uuid import UUID, uuid4

from apiserver.audit import records as audit
from apiserver.database.pool import Database
from apiserver.database.session import Connection
from apiserver.encryption.keys import context
from apiserver.encryption.master_keys import MasterKeys, Wrapped
from apiserver.encryption.sealing import KEY_BYTES
from apiserver.problems import KeyUnavailable

_BATCH = 100

_OF_OTHER_MASTERS = """
SELECT directory, key_id, wrapped, master_id FROM directory_keys
WHERE master_id <> $1 AND (directory, key_id) > ($2, $3) ORDER BY directory, key_id LIMIT $4
"""
_REWRAP = """
UPDATE directory_keys SET wrapped = $4, master_id = $5 WHERE directory = $1 AND key_id = $2 AND wrapped = $3
"""

_RETIRE = "UPDATE directory_keys SET retired_at = now() WHERE directory = $1 AND retired_at IS NULL RETURNING true"
_ADD = "INSERT INTO directory_keys (directory, key_id, wrapped, master_id) VALUES ($1, $2, $3, $4)"

_RETIRED = "SELECT directory, key_id FROM directory_keys WHERE retired_at IS NOT NULL ORDER BY directory, key_id"

_LIST = """
SELECT directory, key_id::text, master_id, to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    CASE WHEN retired_at IS NULL THEN 'in use' ELSE 'retired' END
FROM directory_keys ORDER BY directory, created_at
"""

# A gateway may use a retired key for a second, and its upload may end a little later.
_DELETE_UNUSED = """
DELETE FROM directory_keys WHERE directory = $1 AND key_id = $2 AND retired_at < now() - interval '10 minutes'
AND NOT EXISTS (SELECT FROM images WHERE images.directory = $1 AND (images.key_id = $2 OR images.key_id IS NULL))
AND NOT EXISTS (SELECT FROM archives WHERE archives.directory = $1 AND archives.key_id = $2)
AND NOT EXISTS (SELECT FROM faces WHERE faces.directory = $1 AND faces.crop_key = $2)
AND NOT EXISTS (SELECT FROM collapsed_faces AS kept WHERE kept.directory = $1 AND kept.crop_key = $2)
RETURNING true
"""

_MAX_SECONDS = 60

_logger = logging.getLogger(__name__)


class Retired(NamedTuple):
    """A key that is no longer used for new data."""

    directory: str
    key_id: UUID


async def rewrap(database: Database, masters: MasterKeys) -> int:
    """Wrap all keys of directories by the newest master key; return how many were not yet.

    Nothing that they encrypt changes. A key whose master key is not set is left. Raises DatabaseUnavailable.
    """
    done, last = 0, ("", UUID(int=0))
    while True:
        async with database.connection() as connection:
            rows = await connection.fetch(_OF_OTHER_MASTERS, masters.newest_id, *last, _BATCH)
        for directory, key_id, wrapped, master_id in rows:
            last = directory, key_id
            try:
                bound = context(directory, key_id)
                again = await masters.wrap(await masters.unwrap(Wrapped(wrapped, master_id), bound), bound)
            except KeyUnavailable as problem:
                _logger.warning("Key %s stays under its master key: %s", key_id, problem)
                continue
            async with database.connection() as connection, connection.transaction():
                await connection.execute(_REWRAP, directory, key_id, wrapped, *again)
                await audit.record(connection, directory=directory, object_=key_id, counts={"rewrapped": 1})
            done += 1
        if len(rows) < _BATCH:
            return done


async def replace_key(database: Database, masters: MasterKeys, directory: str) -> bool:
    """Retire a directory's key and make a new one; return False if it has no key.

    What the retired key encrypts is encrypted again by a job, which deletes the key at the end. Raises KeyUnavailable
    or DatabaseUnavailable.
    """
    key_id = uuid4()
    wrapped = await masters.wrap(os.urandom(KEY_BYTES), context(directory, key_id))
    async with database.connection() as connection, connection.transaction():
        if not await connection.fetchval(_RETIRE, directory):
            return False
        await connection.execute(_ADD, directory, key_id, *wrapped)
        await audit.record(connection, directory=directory, object_=key_id, counts={"replaced": 1})
    return True


async def list_keys(connection: Connection) -> list[tuple[str, ...]]:
    """Return directory, id, master key, time of creation and state of each key."""
    return [tuple(row) for row in await connection.fetch(_LIST)]


async def retired_keys(connection: Connection) -> list[Retired]:
    """Return the retired keys of all directories."""
    return [Retired(*row) for row in await connection.fetch(_RETIRED)]


async def delete_unused(connection: Connection, retired: Retired) -> None:
    """Delete a retired key if nothing is encrypted with it any more and nothing that is being stored can be."""
    async with connection.transaction():
        if await connection.fetchval(_DELETE_UNUSED, *retired, timeout=_MAX_SECONDS):
            await audit.record(
                connection, directory=retired.directory, object_=retired.key_id, counts={"keys_deleted": 1}
            )
