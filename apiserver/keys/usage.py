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
from apiserver.database import Database
from apiserver.keys import records, usage_records
from apiserver.keys.usage_records import Day, Spent
from apiserver.problems import Outage, QuotaSpent, TooManyDirectories, TooManyJobs
from apiserver.settings import Settings

WRITE_SECONDS = 1.0
_DAY_SECONDS = 86_400
_MAX_KEYS = 10_000
"""Whose amounts are in memory; the one longest without a change is read again."""

_logger = logging.getLogger(__name__)


class Usage:
    """What each key has spent today, and how much it may spend.

    A quota never makes a call fail because the database does: amounts that cannot be read count as 0, and those that
    cannot be written stay in memory.
    """

    def __init__(self, database: Database, defaults: Mapping[Limit, float]) -> None:
        """defaults: limits of the keys that have none of their own."""
        self._database = database
        self._defaults = defaults
        self._known: OrderedDict[str, Spent] = OrderedDict()
        """By key, what the database had."""
        self._counted: Counter[tuple[str, Quota]] = Counter()
        """Since the last write."""
        self._being_written: Counter[tuple[str, Quota]] = Counter()
        self._day_ends = 0.0
        self._writing = asyncio.Lock()
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
        """Read what the caller spent, if it has a quota and memory does not know."""
        self._turn_day()
        if grant.key is None or grant.key in self._known or not self._has_quota(grant):
            return
        try:
            self._learn(await usage_records.read(self._database, grant.key))
        except Outage as outage:
            _logger.warning("What a key spent today cannot be read and counts as nothing: %s", outage)

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

        The rest of a revoked key's job goes on or ends as `jobs` decides.
        """
        async with self._database.connection() as connection:
            record = await records.find(connection, key)
        if record is not None:
            await self.prepare(record.grant)
            self.check(record.grant, quotas)

    async def check_jobs(self, grant: Grant) -> None:
        """Raise TooManyJobs if as many of the caller's jobs wait as may. Or DatabaseUnavailable."""
        limit = self.limit(grant, Limit.WAITING_JOBS)
        if limit is None or grant.key is None:
            return
        async with self._database.connection() as connection:
            waiting = await usage_records.waiting_jobs(connection, grant.key)
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
            self._turn_day()
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

    def _spent(self, key: str, quota: Quota) -> float:
        place = key, quota
        return self._known.get(key, {}).get(quota, 0.0) + self._being_written[place] + self._counted[place]

    def _learn(self, day: Day) -> None:
        self._day_ends = monotonic() + day.seconds_left
        for key, spent in day.spent.items():
            self._known[key] = spent
            self._known.move_to_end(key)
        while len(self._known) > _MAX_KEYS:
            self._known.popitem(last=False)

    def _turn_day(self) -> None:
        """Forget the amounts of a day that has ended."""
        if self._known and monotonic() >= self._day_ends:
            self._known.clear()


def number(value: float | None) -> str:
    """Return an amount as people write it."""
    return f"{value:,.15g}"


def default_limits(settings: Settings) -> dict[Limit, float]:
    """Return the limits that the settings give all keys."""
    given = {limit: getattr(settings, f"key_{limit}") for limit in Limit}
    return {limit: value for limit, value in given.items() if value is not None}
