"""Limits of each key, applied before anything of a request's body is read: rates, and quotas of a day."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from math import ceil
from time import time

from limits import RateLimitItemPerMinute
from starlette.types import Message, Scope, Send

from apiserver.access.grants import Grant
from apiserver.access.limits import ALWAYS, Limit, Quota
from apiserver.access.metering import set_meter
from apiserver.http.access.rate_store import RateStore
from apiserver.keys.usage import Usage
from apiserver.problems import TooManyRequests
from apiserver.settings.settings import Settings
from apiserver.state import State

MINUTE = "requests"
DAY = "requests-per-day"
"""The names of policies in the headers."""

EXEMPT_METHODS = frozenset({"DELETE"})
"""A key that has used up a limit can still erase."""

IsExempt = Callable[[Scope], bool]
"""Tells whether a request deletes by another method, as in the protocols of other services."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A rate in headers: its name, its amount in a window, what is left, and the seconds until there is more."""

    name: str
    amount: int
    window_seconds: int
    remaining: int
    seconds: int


class Rates:
    """Counts the requests of each key. Callers without a key have no limits."""

    def __init__(self, settings: Settings, store: RateStore) -> None:
        self._in_progress = settings.key_requests_in_progress
        self._max_requests = settings.max_requests
        self._store = store
        self._running: Counter[str] = Counter()

    async def admit(self, grant: Grant, usage: Usage, shown: list[Shown], *, exempt: bool) -> None:
        """Count a request, and append what its answer tells. exempt: it is not counted. Raises TooManyRequests."""
        limit = int(usage.limit(grant, Limit.REQUESTS_PER_MINUTE) or 0)
        if grant.key is None or exempt or not limit:
            return
        item = RateLimitItemPerMinute(limit)
        admitted, reset_time, remaining = await self._store.hit(item, grant.key)
        seconds = max(1, ceil(reset_time - time()))
        shown.append(Shown(MINUTE, limit, item.get_expiry(), remaining, seconds))
        if not admitted:
            usage.refusals[Limit.REQUESTS_PER_MINUTE] += 1
            raise TooManyRequests(f"The key may make {limit} requests a minute.", retry_after_seconds=seconds)

    def place(self, grant: Grant | None, usage: Usage, *, exempt: bool) -> AbstractContextManager[None]:
        """Return a block in which a request is in progress. exempt: it has no limit. Raises TooManyRequests."""
        if grant is None or grant.key is None or exempt:
            return nullcontext()
        limit = int(usage.limit(grant, Limit.REQUESTS_IN_PROGRESS) or self._share(grant.key))
        if self._running[grant.key] >= limit:
            usage.refusals[Limit.REQUESTS_IN_PROGRESS] += 1
            raise TooManyRequests(f"The key may have {limit} requests in progress.")
        return self._counted(grant.key)

    def _share(self, key: str) -> int:
        """Return the key's share: each that is active has one, and one share is left for another key."""
        active = len(self._running) + (key not in self._running)
        return ceil(self._max_requests / (active + 1))

    @contextmanager
    def _counted(self, key: str) -> Iterator[None]:
        self._running[key] += 1
        try:
            yield
        finally:
            self._running[key] -= 1
            if not self._running[key]:
                del self._running[key]


def sending(send: Send, rates: Sequence[Shown]) -> Send:
    """Return `send` with the headers of the rates, which may grow until the answer begins."""

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start" and rates:
            policy = ", ".join(f'"{each.name}";q={each.amount};w={each.window_seconds}' for each in rates)
            left = ", ".join(f'"{each.name}";r={each.remaining};t={each.seconds}' for each in rates)
            headers = [(b"ratelimit-policy", policy.encode()), (b"ratelimit", left.encode())]
            message["headers"] = [*message["headers"], *headers]
        await send(message)

    return send_with_headers


async def spend_request(scope: Scope, grant: Grant, spends: Iterable[Quota], *, free: bool) -> None:
    """Count a request, and what the rest of it spends. Raises QuotaSpent.

    free: the call is admitted although limits are used up, as deletions are.
    """
    usage = State.of_scope(scope).usage
    await usage.prepare(grant)
    set_meter(usage.meter_of(grant))
    if grant.key is None or free or scope["method"] in EXEMPT_METHODS:
        return
    limit = usage.limit(grant, Limit.REQUESTS_PER_DAY)
    try:
        usage.check(grant, ALWAYS.union(spends))
        usage.count(grant.key, Quota.REQUESTS, 1)
    finally:
        left = usage.left(grant, Quota.REQUESTS)
        if limit is not None and left is not None:
            scope["state"]["rates"].append(Shown(DAY, int(limit), 86_400, max(0, int(left)), usage.seconds_left))
