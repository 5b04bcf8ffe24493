"""The number of people and faces of a directory under one model, counted and remembered for a while."""

import time
from collections.abc import Callable
from typing import NamedTuple

from cachetools import LRUCache

from apiserver.database.pool import Database

# Reads nothing but the index of these columns. Grouping in its order avoids a sort.
_COUNT = """
SELECT count(*) AS persons, coalesce(sum(faces), 0)::bigint AS faces
FROM (
    SELECT count(*) AS faces FROM faces WHERE directory = $1 AND model = $2 GROUP BY person
) AS counted
"""

_MAX_KNOWN = 10_000
"""Directories remembered, some hundred bytes each; the one asked for longest ago is forgotten first."""

_MIN_SECONDS = 1.0
_SECONDS_TO_COST = 100
"""A count is good for this many times its duration, so that counting takes at most a hundredth of one connection."""


class DirectorySize(NamedTuple):
    """The people and faces of a directory under one model."""

    persons: int
    faces: int


class _Known(NamedTuple):
    size: DirectorySize
    good_until: float
    good_seconds: float


class DirectorySizes:
    """Counts directories. A size may be a second old, and for large directories a hundred times as long as its count.

    The size of an empty directory is not remembered: it costs nothing to count, and its first face is seen at once.
    """

    def __init__(
        self, database: Database, max_known: int = _MAX_KNOWN, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._now = clock
        self._known: LRUCache[tuple[str, str], _Known] = LRUCache(max_known)

    async def of(self, directory: str, model: str) -> DirectorySize:
        """Return the size of a directory, zero if it does not exist.

        While one caller counts again, others get the last size. Raises DatabaseUnavailable.
        """
        key, now = (directory, model), self._now()
        known = self._known.get(key)
        if known is None:
            return await self.counted(directory, model)
        if now < known.good_until:
            return known.size
        self._known[key] = known._replace(good_until=now + known.good_seconds)
        return await self.counted(directory, model)

    async def counted(self, directory: str, model: str) -> DirectorySize:
        """Count the directory now. Raises DatabaseUnavailable."""
        async with self._database.connection() as connection:
            begun = self._now()
            size = DirectorySize(*await connection.fetchrow(_COUNT, directory, model))
        counted = self._now()
        good_seconds = max(_MIN_SECONDS, _SECONDS_TO_COST * (counted - begun)) if size.faces else 0.0
        self._known[directory, model] = _Known(size, counted + good_seconds, good_seconds)
        return size
