"""What keys spend of their quotas.

It is counted in memory, added to the database about once a second, and read back with what other processes counted.
"""

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from math import ceil
from time import monotonic

from apiserver.access.grants import Grant
from apiserver.access.limits import Limit, Quota
from apiserver.access.metering import Meter
from apiserver.background import background, repeat
from apiserver.database.pool import Database
from apiserver.keys import records, usage_records
from apiserver.keys.usage_records import Day, Spent
from apiserver.problems import Outage, QuotaSpent, TooManyDirectories, TooManyJobs
from apiserver.settings.settings import Settings

WRITE_SECONDS = 1.0
_FRESH_SECONDS = 3.0
"""Amounts that were read longer ago are read again before they admit anybody; writing reads those of active keys."""

_RETRY_SECONDS = 5.0
"""After amounts could not be read, how long nobody waits for it."""

_MAX_KEYS = 10_000
"""Whose amounts are in memory; the one longest without a change is read again."""

_logger = logging.getLogger(__name__)


class Usage:
    """What each key has spent today, and how much it may spend.

    A quota never makes a call fail because the database does: while amounts cannot be read, those that are in
    memory hold, and those that cannot be written stay there.
    """

    def __init__(self, database: Database, defaults: Mapping[Limit, float]) -> None:
        """defaults: limits of the keys without their own."""
        self._database = database
        self._defaults = defaults
        self._known: OrderedDict[str, tuple[float, Spent]] = OrderedDict()
        """By key, when it was read, and what the database had."""
        self._counted: Counter[tuple[str, Quota]] = Counter()
        """Since the last write."""
        self._being_written: Counter[tuple[str, Quota]] = Counter()
        self._day_ends = 0.0
        self._writing = asyncio.Lock()
        self._reading: dict[str, asyncio.Task[None]] = {}
        self._retry_at = 0.0
        self.refusals: Counter[Limit] = Counter()
        self.spent: Counter[Quota] = Counter()
        """Of all keys, since the process started."""
        self.write_failures = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Write while the block runs, and a last time at its end."""
        try:
            async with background(repeat(self.write, WRITE_SECONDS)):
                yield
        finally:  # a worker ends by being cancelled
            try:
                await self.write()
            except Outage as outage:
                _logger.warning("What keys spent in the last second is not counted: %s", outage)

    @property
    def seconds_left(self) -> int:
        """Seconds until the day ends."""
        return max(1, ceil(self._day_ends - monotonic()))

    def limit(self, grant: Grant, limit: Limit) -> float | None:
        """Return a limit of the caller, None if it has none."""
        if grant.key is None:
            return None
        return grant.limits.get(limit, self._defaults.get(limit))

    def meter(self, key: str | None) -> Meter | None:
        """Return what counts for the key of a job."""
        return None if key is None else Meter(partial(self.count, key))

    def meter_of(self, grant: Grant) -> Meter | None:
        """Return what counts for a caller."""
        return None if grant.key is None else Meter(partial(self.count, grant.key), partial(self.is_spent, grant))

    async def prepare(self, grant: Grant) -> None:
        """Read what the caller spent, if it has a quota and memory does not know; several calls share one query."""
        key = grant.key
        if key is None or not self._has_quota(grant) or self._is_fresh(key) or monotonic() < self._retry_at:
            return
        task = self._reading.get(key)
        if task is None:
            task = self._reading[key] = asyncio.create_task(self._try_to_read(key))
            task.add_done_callback(lambda _: self._reading.pop(key, None))
        await asyncio.shield(task)

    def check(self, grant: Grant, quotas: Iterable[Quota]) -> None:
        """Raise QuotaSpent if the caller has spent one of the quotas."""
        for quota in quotas:
            if self.is_spent(grant, quota):
                self.refusals[quota.limit] += 1
                limit = number(self.limit(grant, quota.limit))
                raise QuotaSpent(
                    f"The key has spent its {limit} {quota.replace('_', ' ')} of today; the day ends at 00:00 UTC.",
                    retry_after_seconds=self.seconds_left,
                )

    def is_spent(self, grant: Grant, quota: Quota) -> bool:
        """Tell whether the caller has spent a quota."""
        left = self.left(grant, quota)
        return left is not None and left <= 0

    def left(self, grant: Grant, quota: Quota) -> float | None:
        """Return what is left of a quota, None if the caller has no such quota."""
        limit = self.limit(grant, quota.limit)
        if limit is None or grant.key is None:
            return None
        return limit - self._spent(grant.key, quota)

    def count(self, key: str, quota: Quota, amount: float) -> None:
        """Count what a key spent."""
        self._counted[key, quota] += amount  # type: ignore[assignment]  # typeshed's counters have only integers
        self.spent[quota] += amount  # type: ignore[assignment]

    async def check_key(self, key: str, quotas: Iterable[Quota]) -> None:
        """Raise QuotaSpent if a key has spent one of the quotas; for jobs, which have no grant. Or DatabaseUnavailable.

        Whether the rest of a revoked key's job continues is decided by `jobs`.
        """
        async with self._database.unbound() as connection:
            record = await records.find(connection, key)
        if record is not None:
            self._learn(await usage_records.read(self._database, key))
            self.check(record.grant, quotas)

    async def check_jobs(self, grant: Grant) -> None:
        """Raise TooManyJobs if as many of the caller's jobs wait as may. Or DatabaseUnavailable."""
        limit = self.limit(grant, Limit.WAITING_JOBS)
        if limit is None or grant.key is None:
            return
        waiting = await usage_records.waiting_jobs(self._database, grant.key)
        if waiting >= limit:
            self.refusals[Limit.WAITING_JOBS] += 1
            raise TooManyJobs(f"{waiting:,} jobs of the key wait, and its limit is {number(limit)}.")

    def check_directories(self, grant: Grant, count: int) -> None:
        """Raise TooManyDirectories if the caller, who has `count` directories, may make no more."""
        limit = self.limit(grant, Limit.DIRECTORIES)
        if limit is not None and count >= limit:
            self.refusals[Limit.DIRECTORIES] += 1
            raise TooManyDirectories(f"The key has {count:,} directories, and its limit is {number(limit)}.")

    async def today(self, key: str) -> Mapping[Quota, float]:
        """Return what a key has spent today at all processes, with a delay of a second. Raises DatabaseUnavailable."""
        self._learn(await usage_records.read(self._database, key))
        return {quota: self._spent(key, quota) for quota in Quota}

    async def write(self) -> None:
        """Add what was counted to the database, and read the sums. Raises DatabaseUnavailable or DatabaseBusy."""
        async with self._writing:
            if not self._counted:
                return
            self._being_written, self._counted = self._counted, Counter()
            try:
                self._learn(await usage_records.add(self._database, self._being_written))
            except BaseException:
                self.write_failures += 1
                self._counted += self._being_written
                raise
            finally:
                self._being_written = Counter()

    def _has_quota(self, grant: Grant) -> bool:
        return any(self.limit(grant, quota.limit) is not None for quota in Quota)

    def _is_fresh(self, key: str) -> bool:
        """Tell whether memory knows what the key spent; forget all of a day that has ended."""
        now = monotonic()
        if self._known and now >= self._day_ends:
            self._known.clear()
        return key in self._known and now < self._known[key][0] + _FRESH_SECONDS

    async def _try_to_read(self, key: str) -> None:
        try:
            self._learn(await usage_records.read(self._database, key))
        except Outage as outage:
            self._retry_at = monotonic() + _RETRY_SECONDS
            _logger.warning("What keys spent today cannot be read; only what this process counted holds: %s", outage)

    def _spent(self, key: str, quota: Quota) -> float:
        place = key, quota
        _, known = self._known.get(key, (0.0, {}))
        return known.get(quota, 0.0) + self._being_written[place] + self._counted[place]

    def _learn(self, day: Day) -> None:
        now = monotonic()
        self._day_ends = now + day.seconds_left
        for key, spent in day.spent.items():
            self._known[key] = now, spent
            self._known.move_to_end(key)
        while len(self._known) > _MAX_KEYS:
            self._known.popitem(last=False)


def number(value: float | None) -> str:
    """Return an amount as people write it."""
    return f"{value:,.15g}"


def default_limits(settings: Settings) -> dict[Limit, float]:
    """Return the limits that the settings give all keys."""
    given = {limit: getattr(settings, f"key_{limit}") for limit in Limit}
    return {limit: value for limit, value in given.items() if value is not None}
