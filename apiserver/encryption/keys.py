"""The keys of directories: made when something is first encrypted, and remembered for a second.

Deleting the row of a key makes everything unreadable that it encrypts, wherever that has been copied.
"""

import asyncio
import os
from typing import NamedTuple
from uuid import UUID, uuid4
from weakref import WeakValueDictionary

from cachetools import TTLCache

from apiserver.database.pool import Database
from apiserver.database.session import Connection
from apiserver.encryption.master_keys import MasterKeys, Wrapped
from apiserver.encryption.sealing import KEY_BYTES, DataKey
from apiserver.problems import DatabaseBusy, KeyUnavailable

_MAX_KEYS = 1_000
_CHECKED_SECONDS = 1.0
"""A deleted key is no longer used after this time."""

_UNWRAPPED_SECONDS = 300.0
"""Unwrapping may ask a key management service, so keys whose rows still exist are unwrapped this rarely."""

_OFF_SECONDS = 10.0

_FIND = "SELECT key_id, wrapped, master_id FROM directory_keys WHERE directory = $1 AND key_id = $2"

_IN_USE = "SELECT key_id, wrapped, master_id FROM directory_keys WHERE directory = $1 AND retired_at IS NULL"

_ADD = """
INSERT INTO directory_keys (directory, key_id, wrapped, master_id) VALUES ($1, $2, $3, $4)
ON CONFLICT (directory) WHERE retired_at IS NULL DO NOTHING
"""

_EXISTS = "SELECT EXISTS (SELECT FROM directory_keys WHERE directory = $1)"

_DELETE = "DELETE FROM directory_keys WHERE directory = $1"

# A key that was deleted or retired by a transaction that has committed since is not found, regardless of the snapshot.
_HOLD = """
SELECT key_id FROM directory_keys WHERE directory = $1 AND key_id = ANY ($2) AND retired_at IS NULL FOR SHARE
"""


class _Row(NamedTuple):
    key_id: UUID
    wrapped: bytes
    master_id: str


class DirectoryKeys:
    """Finds and makes keys. Without master keys, encryption is off."""

    def __init__(self, database: Database, masters: MasterKeys | None = None) -> None:
        self._database = database
        self.masters = masters or MasterKeys()
        self._checked: TTLCache[tuple[str, UUID | None], DataKey] = TTLCache(_MAX_KEYS, _CHECKED_SECONDS)
        self._unwrapped: TTLCache[tuple[str, _Row], DataKey] = TTLCache(_MAX_KEYS, _UNWRAPPED_SECONDS)
        self._off: TTLCache[str, bool] = TTLCache(_MAX_KEYS, _OFF_SECONDS)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def in_use(self, directory: str) -> DataKey | None:
        """Return the key that encrypts new data, made if there is none; None if encryption is off.

        Raises DatabaseUnavailable, or KeyUnavailable, also if encryption is off though the directory has keys: data
        must not be stored in the clear because a process lacks a setting.
        """
        if not self.masters:
            await self._require_none(directory)
            return None
        if key := self._checked.get((directory, None)):
            return key
        row = await self._row(_IN_USE, directory) or await self._add(directory)
        return await self._known(directory, None, row)

    async def find(self, directory: str, key_id: UUID) -> DataKey:
        """Return a key by its id. Raises DatabaseUnavailable, or KeyUnavailable, also if it was erased."""
        if not self.masters:
            raise KeyUnavailable
        if key := self._checked.get((directory, key_id)):
            return key
        row = await self._row(_FIND, directory, key_id)
        if row is None:
            self.forget(directory)
            raise KeyUnavailable("The key of these data was erased with its directory, or its row was not restored.")
        return await self._known(directory, key_id, row)

    async def _known(self, directory: str, key_id: UUID | None, row: _Row) -> DataKey:
        key = await self._unwrap(directory, row)
        self._checked[directory, key_id] = self._checked[directory, row.key_id] = key
        return key

    async def _unwrap(self, directory: str, row: _Row) -> DataKey:
        async with self._turns.setdefault(directory, asyncio.Lock()):
            self._unwrapped.expire()
            if key := self._unwrapped.get((directory, row)):
                return key
            wrapped = Wrapped(row.wrapped, row.master_id)
            secret = await self.masters.unwrap(wrapped, context(directory, row.key_id))
            key = self._unwrapped[directory, row] = DataKey(row.key_id, secret)
            return key

    def forget(self, directory: str) -> None:
        """Forget the keys of a directory, which have been erased or retired."""
        for checked in [known for known in self._checked if known[0] == directory]:
            self._checked.pop(checked, None)
        for unwrapped in [known for known in self._unwrapped if known[0] == directory]:
            self._unwrapped.pop(unwrapped, None)

    async def _row(self, statement: str, *values: object) -> _Row | None:
        async with self._database.unbound() as connection:
            row = await connection.fetchrow(statement, *values)
        return _Row(*row) if row else None

    async def _add(self, directory: str) -> _Row:
        """Add a key unless another process just did, and return the row of the one in use."""
        key_id = uuid4()
        wrapped = await self.masters.wrap(os.urandom(KEY_BYTES), context(directory, key_id))
        async with self._database.unbound() as connection:
            await connection.execute(_ADD, directory, key_id, *wrapped)
            row = await connection.fetchrow(_IN_USE, directory)
        if row is None:
            raise DatabaseBusy  # the directory was deleted just now
        return _Row(*row)

    async def _require_none(self, directory: str) -> None:
        if directory in self._off:
            return
        async with self._database.unbound() as connection:
            if await connection.fetchval(_EXISTS, directory):
                raise KeyUnavailable
        self._off[directory] = True


def context(directory: str, key_id: UUID) -> str:
    """Return what a key is bound to when it is wrapped."""
    return f"{key_id} {directory}"


async def hold(connection: Connection, directory: str, keys: set[UUID]) -> None:
    """Keep keys from being erased or retired until the transaction ends. Raises DatabaseBusy if one has been."""
    if keys and len(await connection.fetch(_HOLD, directory, list(keys))) < len(keys):
        raise DatabaseBusy("The directory's key has just changed; retry later.")


async def erase(connection: Connection, directory: str) -> None:
    """Delete the keys of a directory: nothing that they encrypt can be read again.

    To be called before rows of the directory are deleted, the order in which others lock them.
    """
    await connection.execute(_DELETE, directory)
