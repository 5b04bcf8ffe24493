"""The codes of large directories in the gateway's memory, kept up to date with PostgreSQL.

They only propose faces: PostgreSQL says who these are, and adds the faces that were enrolled since the version of the
codes. So nobody who was deleted is named, and nobody who was enrolled is missed, however old the codes are.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from cachetools import TTLCache

from apiserver.biometrics.face import Embedding
from apiserver.database.pool import Database
from apiserver.problems import Problem
from apiserver.search.changes import Version, read_all, read_changes
from apiserver.search.indexes import Indexed
from apiserver.search.placement import placement_of
from apiserver.search.planning import SwitchPoints

if TYPE_CHECKING:
    from apiserver.search.codes import Codes, Rows, View

_REFRESH_SECONDS = 2.0
_MAX_AGE_SECONDS = 8.0
"""Codes that could not be brought up to date for longer are dropped, since they may be those of deleted faces."""
_IDLE_SECONDS = 900.0
_IN_USE_SECONDS = 60.0
"""Codes that were searched within this time are not dropped in favour of others, which would be read in turns."""
_RETRY_SECONDS = 60.0
_MAX_DIRECTORIES = 100
"""Each of them is asked about every `_REFRESH_SECONDS`."""
_INLINE = 20_000
"""Up to this number of comparisons, another thread costs more than it saves."""

_logger = logging.getLogger(__name__)


class Outcome(StrEnum):
    """How a search used the cache: not at all, its codes were too old for the log of changes, or behind by too many."""

    USED = "used"
    ABSENT = "absent"
    EXPIRED = "expired"
    BEHIND = "behind"


@dataclass(slots=True)
class CachedCodes:
    """The codes of a directory: what searches look at, and its version."""

    codes: "Codes"
    view: "View"
    version: Version
    fresh_at: float
    used_at: float

    async def nearest(self, probes: Sequence[Embedding], *, coarse: int, fine: int) -> tuple[Version, list[list[str]]]:
        """Return the version of the codes, and the faces that are most similar to each probe by them."""
        version, view = self.version, self.view
        if len(probes) * len(view.ids) <= _INLINE:
            return version, view.nearest(probes, coarse=coarse, fine=fine)
        return version, await asyncio.to_thread(view.nearest, probes, coarse=coarse, fine=fine)

    async def refresh(self, database: Database, indexed: Indexed) -> bool:
        """Bring the codes up to date; return whether that was possible. Raises DatabaseUnavailable or ValueError."""
        begun, changed = time.monotonic(), list["Rows"]()
        version = await read_changes(database, indexed, self.version, self.codes.reader(), changed.append)
        if version is None:
            return False
        if changed:
            await asyncio.to_thread(self.codes.replace, changed)
        self.view, self.version, self.fresh_at = self.codes.view(), version, begun
        return True


class CodeCache:
    """The codes of the directories that were searched lately, within a number of bytes."""

    def __init__(self, database: Database, points: SwitchPoints) -> None:
        self.outcomes: Counter[Outcome] = Counter()
        """Numbers of searches that could use the cache."""
        self._database = database
        self._points = points
        self._cached: dict[Indexed, CachedCodes] = {}
        self._refused: TTLCache[Indexed, bool] = TTLCache(_MAX_DIRECTORIES, _RETRY_SECONDS)
        self._asked_for: asyncio.Queue[tuple[Indexed, int]] = asyncio.Queue(maxsize=1)
        self._behind = asyncio.Event()
        self._refreshing = asyncio.Lock()

    @property
    def size_bytes(self) -> int:
        """The memory in use."""
        return sum(each.codes.size_bytes for each in list(self._cached.values()))

    @property
    def directories(self) -> int:
        """The number of directories whose codes are in memory."""
        return len(self._cached)

    def of(self, indexed: Indexed, faces: int) -> CachedCodes | None:
        """Return the codes of a directory of this number of faces if they are in memory; if not, they will be read."""
        found = self._cached.get(indexed)
        if found:
            found.used_at = time.monotonic()
        elif self._points.is_cached(faces, indexed.dimension):
            self.outcomes[Outcome.ABSENT] += 1
            if indexed not in self._refused:
                with suppress(asyncio.QueueFull):
                    self._asked_for.put_nowait((indexed, faces))
        return found

    def drop(self, indexed: Indexed) -> None:
        """Drop the codes of a directory."""
        self._cached.pop(indexed, None)

    def note(self, indexed: Indexed, outcome: Outcome) -> None:
        """Count a search, and bring codes up to date that were behind."""
        self.outcomes[outcome] += 1
        if outcome is Outcome.EXPIRED:
            self.drop(indexed)
        elif outcome is Outcome.BEHIND:
            self._behind.set()

    async def run(self) -> None:
        """Read codes and bring them up to date until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for work in (self._load_all(), self._refresh_all(), self._drop_all_outdated()):
                tasks.create_task(work)

    async def load(self, indexed: Indexed, faces: int) -> bool:
        """Read the codes of a directory of about this number of faces, and return whether they are in memory now.

        Raises DatabaseUnavailable or ValueError.
        """
        if not await self._may_keep(indexed):
            return False
        codes = await asyncio.to_thread(_new_codes, indexed.dimension, max(faces, 1))
        if not self._has_room(codes.size_bytes):
            return False
        version = await read_all(self._database, indexed, codes.reader(), codes.add)
        if version is None:
            return False
        now = time.monotonic()
        cached = CachedCodes(codes, codes.view(), version, fresh_at=now, used_at=now)
        if not await cached.refresh(self._database, indexed) or not self._has_room(codes.size_bytes):
            return False
        self._cached[indexed] = cached
        return True

    async def refresh(self) -> None:
        """Bring all codes up to date, and drop those that cannot be."""
        async with self._refreshing:
            for indexed, cached in list(self._cached.items()):
                try:
                    if not await cached.refresh(self._database, indexed):
                        self.drop(indexed)
                except Problem as problem:
                    _logger.warning("The codes of a directory were not brought up to date: %s", problem)
                except Exception:
                    _logger.exception("The codes of a directory were not brought up to date")
                    self.drop(indexed)
        self._has_room(0)

    async def _may_keep(self, indexed: Indexed) -> bool:
        """Return whether codes of this directory may be kept; if not, none are any more: see `SwitchPoints.on`."""
        async with self._database.unbound() as connection:
            points = self._points.on(await placement_of(connection, indexed.directory))
        if points != self._points:
            _logger.info("The directories are spread over several servers, so no codes are kept in memory")
            self._points = points
        return bool(points.cache_bytes)

    def _has_room(self, size_bytes: int) -> bool:
        """Return whether further codes of this size have room; those that were not used lately are dropped for them."""
        unused_since = time.monotonic() - (_IN_USE_SECONDS if size_bytes else 0)
        for indexed in sorted(self._cached, key=lambda each: self._cached[each].used_at):
            if not self._fit(size_bytes) and self._cached[indexed].used_at <= unused_since:
                self.drop(indexed)
        return self._fit(size_bytes)

    def _fit(self, size_bytes: int) -> bool:
        few = len(self._cached) + bool(size_bytes) <= _MAX_DIRECTORIES
        return few and self.size_bytes + size_bytes <= self._points.cache_bytes

    async def _load_all(self) -> None:
        while True:
            indexed, faces = await self._asked_for.get()
            if indexed in self._cached or indexed in self._refused:
                continue
            self._refused[indexed] = True
            try:
                if await self.load(indexed, faces):
                    self._refused.pop(indexed, None)
            except Problem as problem:
                _logger.warning("The codes of a directory were not read: %s", problem)
            except Exception:  # an unknown failure must not end what follows
                _logger.exception("The codes of a directory were not read")

    async def _refresh_all(self) -> None:
        while True:
            self._behind.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._behind.wait(), _REFRESH_SECONDS)
            await self.refresh()

    async def _drop_all_outdated(self) -> None:
        while True:
            await asyncio.sleep(1)
            now = time.monotonic()
            for indexed, cached in list(self._cached.items()):
                if now - cached.fresh_at > _MAX_AGE_SECONDS or now - cached.used_at > _IDLE_SECONDS:
                    self.drop(indexed)


def _new_codes(dimension: int, capacity: int) -> "Codes":
    """Return new codes. The libraries that they need take time and memory, which small directories do not."""
    from apiserver.search.codes import Codes  # noqa: PLC0415

    return Codes(dimension, capacity)
