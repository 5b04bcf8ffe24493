"""How many people and faces a directory holds under one model: counted, and remembered for a while."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from apiserver.database import Database

# The index whose columns these are is all that is read. Grouping in its order spares a sort.
_COUNT = """
SELECT count(*) AS persons, coalesce(sum(faces), 0)::bigint AS faces
FROM (
    SELECT count(*) AS faces FROM faces WHERE directory = $1 AND model = $2 GROUP BY person
) AS counted
"""

_MOST_KNOWN = 10_000
"""Directories remembered, some hundred bytes each; the one asked for longest ago is forgotten first."""

_SHORTEST_SECONDS = 1.0
_SECONDS_TO_COST = 100
"""A count is good for so many times what it cost, so that counting takes at most a hundredth of one connection."""


class DirectorySize(NamedTuple):
    """What a directory holds under one model."""

    persons: int
    faces: int


class _Known(NamedTuple):
    size: DirectorySize
    good_until: float
    good_seconds: float


class DirectorySizes:
    """Counts directories. A size may be as old as a second, and for large directories a hundred times its count.

    That a directory is empty is not remembered: it costs nothing to count, and its first face is seen at once.
    """

    def __init__(
        self, database: Database, most_known: int = _MOST_KNOWN, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._most_known = most_known
        self._now = clock
        self._known: OrderedDict[tuple[str, str], _Known] = OrderedDict()

    async def of(self, directory: str, model: str) -> DirectorySize:
        """Return how much of `model` the directory holds, nothing for one that is not there.

        While one caller counts anew, others are given the last size. Raises DatabaseUnavailable.
        """
        key, now = (directory, model), self._now()
        known = self._known.get(key)
        if known is None:
            return await self._count(key)
        self._known.move_to_end(key)
        if now < known.good_until:
            return known.size
        self._known[key] = known._replace(good_until=now + known.good_seconds)
        return await self._count(key)

    async def counted(self, directory: str, model: str) -> DirectorySize:
        """Count how much of `model` the directory holds now. Raises DatabaseUnavailable."""
        return await self._count((directory, model))

    async def _count(self, key: tuple[str, str]) -> DirectorySize:
        async with self._database.connection() as connection:
            begun = self._now()
            size = DirectorySize(*await connection.fetchrow(_COUNT, *key))
        counted = self._now()
        good_seconds = max(_SHORTEST_SECONDS, _SECONDS_TO_COST * (counted - begun)) if size.faces else 0.0
        self._known[key] = _Known(size, counted + good_seconds, good_seconds)
        while len(self._known) > self._most_known:
            self._known.popitem(last=False)
        return size
