"""The keys and sessions that a gateway has in memory, each for as long as it cannot have changed unheard."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Generic, TypeVar

from apiserver.database.pool import Database, Share
from apiserver.database.session import Connection
from apiserver.keys import pairs, records
from apiserver.keys.listening import MAX_SILENCE_SECONDS
from apiserver.keys.pairs import Pair
from apiserver.keys.records import KeyRecord

Value = TypeVar("Value")

_MAX_KEYS = 10_000
_MAX_ABSENT = 1_000
"""Ids without a key; few, because random ones are never asked twice."""

MAX_IDS = 100_000
"""Ids that are held while somebody sends many wrong keys: some 10 MB."""

_MAX_LOOKUPS = 4
"""At once, so that random keys cannot take all connections to the database."""


class Known(Generic[Value]):
    """A cache of rows by id.

    Without certainty that all changes are heard, an entry lives less than a second. Raises what Database raises.
    """

    def __init__(
        self,
        database: Database,
        is_certain: Callable[[], bool],
        read: Callable[[Connection, str], Awaitable[Value | None]],
    ) -> None:
        self._database = database
        self._is_certain = is_certain
        self._read = read
        self._known: OrderedDict[str, tuple[float, Value]] = OrderedDict()
        self._absent: OrderedDict[str, float] = OrderedDict()
        self._changes = 0
        self._valid_since = 0.0
        self._lookups = asyncio.Semaphore(_MAX_LOOKUPS)
        self._in_progress: dict[str, asyncio.Task[Value | None]] = {}

    def held(self, row_id: str) -> Value | None:
        """Return the row if it is in memory."""
        entry = self._known.get(row_id)
        return entry[1] if entry and self._is_fresh(entry[0]) else None

    def is_absent(self, row_id: str) -> bool:
        """Tell whether memory says that there is no such row."""
        asked = self._absent.get(row_id)
        return asked is not None and self._is_fresh(asked)

    def is_new(self, row_id: str) -> bool:
        """Tell whether memory has nothing about the row, however old."""
        return not any(row_id in entries for entries in (self._known, self._absent, self._in_progress))

    async def find(self, row_id: str) -> Value | None:
        """Return the row, None if there is none; several callers share a lookup."""
        if self.is_absent(row_id):
            return None
        task = self._in_progress.get(row_id)
        if task is None:
            task = self._in_progress[row_id] = asyncio.create_task(self._look_up(row_id))
            task.add_done_callback(lambda done: self._ended(row_id, done))
        return await asyncio.shield(task)

    def changed(self, row_id: str) -> None:
        """Forget a row that changed, or came into being."""
        self._changes += 1
        self._known.pop(row_id, None)
        self._absent.pop(row_id, None)

    def forget(self) -> None:
        """Trust nothing that memory has."""
        self._changes += 1
        self._valid_since = monotonic()

    def _is_fresh(self, asked: float) -> bool:
        return asked > self._valid_since and (self._is_certain() or monotonic() < asked + MAX_SILENCE_SECONDS)

    def _ended(self, row_id: str, task: asyncio.Task[Value | None]) -> None:
        self._in_progress.pop(row_id, None)
        if not task.cancelled():
            task.exception()  # the callers that still wait raise it

    async def _look_up(self, row_id: str) -> Value | None:
        changes = self._changes
        async with self._lookups:
            asked = monotonic()
            async with self._database.unbound(Share.READS) as connection:
                found = await self._read(connection, row_id)
        if changes != self._changes:  # perhaps this row, after it was read
            asked = 0.0
        if found is None:
            _put(self._absent, row_id, asked, _MAX_ABSENT)
        else:
            _put(self._known, row_id, (asked, found), _MAX_KEYS)
        return found


class KnownKeys(Known[KeyRecord]):
    """A cache of keys by id.

    read, read_ids: return a key, and the ids of those that work.
    """

    def __init__(
        self,
        database: Database,
        is_certain: Callable[[], bool],
        read: Callable[[Connection, str], Awaitable[KeyRecord | None]] = records.find_bearer,
        read_ids: Callable[[Connection, int], Awaitable[frozenset[str]]] = records.usable_ids,
    ) -> None:
        super().__init__(database, is_certain, read)
        self._read_ids = read_ids
        self._usable: tuple[float, bool] = (0.0, False)
        self._ids: tuple[float, frozenset[str]] = (0.0, frozenset())
        self._reading_ids = asyncio.Lock()

    async def exists(self, key_id: str) -> bool:
        """Tell whether there is such a key, with one statement a second at most for all that ask.

        In an installation with more than MAX_IDS keys, others than those in memory do not exist here.
        """
        async with self._reading_ids:
            if not self._is_fresh(self._ids[0]):
                changes, asked = self._changes, monotonic()
                async with self._database.unbound(Share.READS) as connection:
                    ids = await self._read_ids(connection, MAX_IDS)
                self._ids = (asked if changes == self._changes else 0.0), ids
        return key_id in self._ids[1] or key_id in self._known

    async def is_any_usable(self) -> bool:
        """Tell whether any key works."""
        asked, usable = self._usable
        if not self._is_fresh(asked):
            changes, asked = self._changes, monotonic()
            async with self._lookups, self._database.unbound(Share.READS) as connection:
                usable = await records.is_any_usable(connection)
            self._usable = (asked, usable) if changes == self._changes else (0.0, False)
        return usable

    def changed(self, row_id: str) -> None:
        """Forget a key that changed, or came into being."""
        super().changed(row_id)
        self._usable = (0.0, False)
        if row_id not in self._ids[1]:
            self._ids = (0.0, self._ids[1])


class KnownDigests(KnownKeys):
    """A cache of UUID keys by the digest of their text; changes are told by their ids."""

    def __init__(self, database: Database, is_certain: Callable[[], bool]) -> None:
        super().__init__(database, is_certain, records.find_by_digest, records.usable_digests)

    def changed(self, row_id: str) -> None:
        """Forget a key that changed, or came into being with any digest."""
        for digest in [digest for digest, (_, found) in self._known.items() if found.id == row_id]:
            super().changed(digest)
        self._absent.clear()
        self._ids = (0.0, self._ids[1])
        super().changed(row_id)


class KnownPairs(Known[Pair]):
    """A cache of pairs by the id of their key."""

    def __init__(self, database: Database, is_certain: Callable[[], bool]) -> None:
        super().__init__(database, is_certain, pairs.find)
        self._ids: tuple[float, frozenset[str]] = (0.0, frozenset())
        self._reading_ids = asyncio.Lock()

    async def exists(self, key_id: str) -> bool:
        """Tell whether there is such a pair, with one statement a second at most, as for keys."""
        async with self._reading_ids:
            if not self._is_fresh(self._ids[0]):
                changes, asked = self._changes, monotonic()
                async with self._database.unbound(Share.READS) as connection:
                    ids = await records.usable_pairs(connection, MAX_IDS)
                self._ids = (asked if changes == self._changes else 0.0), ids
        return key_id in self._ids[1] or key_id in self._known

    def changed(self, row_id: str) -> None:
        """Forget a pair that changed, or came into being."""
        super().changed(row_id)
        if row_id not in self._ids[1]:
            self._ids = (0.0, self._ids[1])


def _put(entries: OrderedDict[str, Value], key_id: str, value: Value, limit: int) -> None:
    entries[key_id] = value
    entries.move_to_end(key_id)
    if len(entries) > limit:
        entries.popitem(last=False)
