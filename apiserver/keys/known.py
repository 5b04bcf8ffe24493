"""The keys that a gateway has in memory, each for as long as it cannot have changed unheard."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import TypeVar

from apiserver.database import Database, Share
from apiserver.keys import records
from apiserver.keys.listening import MAX_SILENCE_SECONDS
from apiserver.keys.records import KeyRecord

Value = TypeVar("Value")

_MAX_KEYS = 10_000
_MAX_ABSENT = 1_000
"""Ids without a key; few, because random ones are never asked twice."""

MAX_IDS = 100_000
"""Ids that are held while somebody sends many wrong keys: some 10 MB."""

_MAX_LOOKUPS = 4
"""At once, so that random keys cannot take all connections to the database."""


class KnownKeys:
    """A cache of keys by id.

    Without certainty that all changes are heard, an entry lives less than a second. Raises what Database raises.
    """

    def __init__(self, database: Database, is_certain: Callable[[], bool]) -> None:
        self._database = database
        self._is_certain = is_certain
        self._known: OrderedDict[str, tuple[float, KeyRecord]] = OrderedDict()
        self._absent: OrderedDict[str, float] = OrderedDict()
        self._usable: tuple[float, bool] = (0.0, False)
        self._ids: tuple[float, frozenset[str]] = (0.0, frozenset())
        self._reading_ids = asyncio.Lock()
        self._changes = 0
        self._valid_since = 0.0
        self._lookups = asyncio.Semaphore(_MAX_LOOKUPS)
        self._in_progress: dict[str, asyncio.Task[KeyRecord | None]] = {}

    def held(self, key_id: str) -> KeyRecord | None:
        """Return the key if it is in memory."""
        entry = self._known.get(key_id)
        return entry[1] if entry and self._is_fresh(entry[0]) else None

    async def exists(self, key_id: str) -> bool:
        """Tell whether there is such a key, with one statement a second at most for all that ask.

        In an installation with more than MAX_IDS keys, others than those in memory do not exist here.
        """
        async with self._reading_ids:
            if not self._is_fresh(self._ids[0]):
                changes, asked = self._changes, monotonic()
                async with self._database.connection(Share.READS) as connection:
                    ids = await records.usable_ids(connection, MAX_IDS)
                self._ids = (asked if changes == self._changes else 0.0), ids
        return key_id in self._ids[1] or key_id in self._known

    def is_absent(self, key_id: str) -> bool:
        """Tell whether memory says that there is no such key."""
        asked = self._absent.get(key_id)
        return asked is not None and self._is_fresh(asked)

    async def find(self, key_id: str) -> KeyRecord | None:
        """Return the key, None if there is none; several callers share a lookup."""
        if self.is_absent(key_id):
            return None
        task = self._in_progress.get(key_id)
        if task is None:
            task = self._in_progress[key_id] = asyncio.create_task(self._look_up(key_id))
            task.add_done_callback(lambda done: self._ended(key_id, done))
        return await asyncio.shield(task)

    async def is_any_usable(self) -> bool:
        """Tell whether any key works."""
        asked, usable = self._usable
        if not self._is_fresh(asked):
            changes, asked = self._changes, monotonic()
            async with self._lookups, self._database.connection(Share.READS) as connection:
                usable = await records.is_any_usable(connection)
            self._usable = (asked, usable) if changes == self._changes else (0.0, False)
        return usable

    def changed(self, key_id: str) -> None:
        """Forget a key that changed, or came into being."""
        self._changes += 1
        self._known.pop(key_id, None)
        self._absent.pop(key_id, None)
        self._usable = (0.0, False)
        if key_id not in self._ids[1]:
            self._ids = (0.0, self._ids[1])

    def forget(self) -> None:
        """Trust nothing that memory has."""
        self._changes += 1
        self._valid_since = monotonic()

    def _is_fresh(self, asked: float) -> bool:
        return asked > self._valid_since and (self._is_certain() or monotonic() < asked + MAX_SILENCE_SECONDS)

    def _ended(self, key_id: str, task: asyncio.Task[KeyRecord | None]) -> None:
        self._in_progress.pop(key_id, None)
        if not task.cancelled():
            task.exception()  # the callers that still wait raise it

    async def _look_up(self, key_id: str) -> KeyRecord | None:
        changes = self._changes
        async with self._lookups:
            asked = monotonic()
            async with self._database.connection(Share.READS) as connection:
                found = await records.find(connection, key_id)
        if changes != self._changes:  # perhaps this key, after it was read
            asked = 0.0
        if found is None:
            _put(self._absent, key_id, asked, _MAX_ABSENT)
        else:
            _put(self._known, key_id, (asked, found), _MAX_KEYS)
        return found


def _put(entries: OrderedDict[str, Value], key_id: str, value: Value, limit: int) -> None:
    entries[key_id] = value
    entries.move_to_end(key_id)
    if len(entries) > limit:
        entries.popitem(last=False)
