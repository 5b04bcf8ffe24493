"""Keeps recognized photographs as far as the image store allows: recognition continues without it."""

import math
import time
from collections import Counter
from enum import StrEnum

from cachetools import LRUCache

from apiserver.access.limits import Quota
from apiserver.access.metering import is_spent
from apiserver.database.errors import is_read_only
from apiserver.problems import DatabaseUnavailable, ImageStoreUnavailable, KeyUnavailable
from apiserver.storage.breaker import Breaker
from apiserver.storage.free_space import FreeSpace
from apiserver.storage.images import ImageRow, ImageStore

_USUAL_BYTES = 4_000_000
"""Larger photographs get more time, in proportion, so that they do not make a slow store look like one that is down."""

_SLACK_SECONDS = 2.0
"""Allowance for the wait for the database, between measuring an age and comparing it there."""

_MAX_STORED = 10_000
"""Photographs whose storing is remembered."""


class NotKept(StrEnum):
    """Why a photograph that should be kept is not."""

    STORE_UNAVAILABLE = "store-unavailable"
    STORE_FULL = "store-full"
    DATABASE_READ_ONLY = "database-read-only"
    QUOTA_SPENT = "quota-spent"


class Keeping:
    """Keeps recognized photographs. After a failure, only one at a time tries the store again.

    timeout_seconds: for photographs of ordinary size. retry_seconds: between two trials of a store that failed.
    """

    def __init__(self, images: ImageStore, space: FreeSpace, timeout_seconds: float, retry_seconds: float) -> None:
        self._images = images
        self._space = space
        self._timeout_seconds = timeout_seconds
        self._breaker = Breaker(retry_seconds)
        self._rows = Breaker(retry_seconds)
        self._stored: LRUCache[str, float] = LRUCache(_MAX_STORED)
        self.not_kept: Counter[NotKept] = Counter()

    async def secret(self) -> bytes:
        """Return the secret from which names of photographs follow. Raises DatabaseUnavailable."""
        return await self._images.secret()

    @property
    def store_failed(self) -> bool:
        """Whether the last photograph could not be stored."""
        return self._breaker.is_open

    @property
    def database_only_reads(self) -> bool:
        """Whether the last row of a photograph could not be written because the database only reads."""
        return self._rows.is_open

    def refused_by(self, problem: DatabaseUnavailable) -> NotKept:
        """Return why a photograph is not kept whose row was refused. Raises `problem` if it is another outage."""
        if not is_read_only(problem):
            raise problem
        self._rows.fail()
        return self._noted(NotKept.DATABASE_READ_ONLY)

    def refusal(self, size: int) -> NotKept | None:
        """Return why a photograph of this many bytes cannot be kept now; None if it may be tried.

        To be asked before its row is written, so that an outage does not fill the database with rows.
        """
        if is_spent(Quota.STORED_BYTES):
            return self._noted(NotKept.QUOTA_SPENT)
        if not self._space.take_for_recognized(size):
            return self._noted(NotKept.STORE_FULL)
        if not self._breaker.admits():
            return self._noted(NotKept.STORE_UNAVAILABLE)
        return None if self._rows.admits() else self._noted(NotKept.DATABASE_READ_ONLY)

    async def keyed(self, row: ImageRow) -> ImageRow | None:
        """Return the row with the key that will encrypt its object; None if there is none: then it cannot be kept.

        Raises DatabaseUnavailable.
        """
        try:
            return await self._images.keyed(row)
        except KeyUnavailable:
            return None

    async def put(self, row: ImageRow, content: bytes, begun: float) -> NotKept | None:
        """Write the object of a row; return None, or why it was not, having expired the row that has no object.

        begun: `time.monotonic()` before the row was written. Raises DatabaseUnavailable.
        """
        self._rows.succeed()
        seconds = self._timeout_seconds * max(1, len(content) / _USUAL_BYTES)
        try:
            await self._images.put(row, content, seconds)
        except (ImageStoreUnavailable, KeyUnavailable):
            self._breaker.fail()
            await self._images.withdraw(row, self._max_age(row, begun))
            return self._noted(NotKept.STORE_UNAVAILABLE)
        self._breaker.succeed()
        self._stored[row.key] = time.monotonic()
        return None

    def _max_age(self, row: ImageRow, begun: float) -> float:
        """Return the seconds within which a row was made that has no object: none was stored since."""
        now = time.monotonic()
        return min(now - begun + _SLACK_SECONDS, now - self._stored.get(row.key, -math.inf))

    def _noted(self, reason: NotKept) -> NotKept:
        self.not_kept[reason] += 1
        return reason
