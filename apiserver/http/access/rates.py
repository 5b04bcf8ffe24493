"""Limits of each key, applied before anything of a request's body is read."""

from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from math import ceil
from time import time

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from starlette.types import Message, Send

from apiserver.access.grants import Grant, Limit
from apiserver.problems import TooManyRequests
from apiserver.settings import Settings

_EXEMPT_METHODS = frozenset({"DELETE"})
"""Whoever has used up a limit can still erase."""


class Rates:
    """Counts the requests of each key in this gateway. Callers without a key have no limits."""

    def __init__(self, settings: Settings) -> None:
        self._per_minute = settings.key_requests_per_minute
        self._in_progress = settings.key_requests_in_progress or ceil(settings.max_requests / 2)
        self._window = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._running: Counter[str] = Counter()

    async def admit(self, grant: Grant, method: str) -> "Rate | None":
        """Count a request. Return what its answer tells; None if no rate applies. Raises TooManyRequests."""
        limit = int(grant.limits.get(Limit.REQUESTS_PER_MINUTE, self._per_minute or 0))
        if grant.key is None or method in _EXEMPT_METHODS or not limit:
            return None
        item = RateLimitItemPerMinute(limit)
        admitted = await self._window.hit(item, grant.key)
        reset_time, remaining = await self._window.get_window_stats(item, grant.key)
        rate = Rate(item, remaining, max(1, ceil(reset_time - time())))
        if not admitted:
            raise TooManyRequests(f"The key may make {limit} requests a minute.", retry_after_seconds=rate.seconds)
        return rate

    def place(self, grant: Grant | None, method: str) -> AbstractContextManager[None]:
        """Return a block in which a request is in progress. Raises TooManyRequests."""
        if grant is None or grant.key is None or method in _EXEMPT_METHODS:
            return nullcontext()
        limit = int(grant.limits.get(Limit.REQUESTS_IN_PROGRESS, self._in_progress))
        if self._running[grant.key] >= limit:
            raise TooManyRequests(f"The key may have {limit} requests in progress.")
        return self._counted(grant.key)

    @contextmanager
    def _counted(self, key: str) -> Iterator[None]:
        self._running[key] += 1
        try:
            yield
        finally:
            self._running[key] -= 1
            if not self._running[key]:
                del self._running[key]


class Rate:
    """What is left of a rate. seconds: until there is more."""

    def __init__(self, item: RateLimitItem, remaining: int, seconds: int) -> None:
        self._item = item
        self._remaining = remaining
        self.seconds = seconds

    def sending(self, send: Send) -> Send:
        """Return `send` with the headers of the rate in the answer."""
        policy = f'"requests";q={self._item.amount};w={self._item.get_expiry()}'
        left = f'"requests";r={self._remaining};t={self.seconds}'
        headers = [(b"ratelimit-policy", policy.encode()), (b"ratelimit", left.encode())]

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *headers]
            await send(message)

        return send_with_headers
