"""Where requests per minute are counted: in memory, or in a Redis or Valkey that gateways share."""

import asyncio
import logging
import sys
from collections.abc import Callable
from time import monotonic, time

from limits import RateLimitItem
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import ConfigurationError, StorageError
from pydantic import SecretStr

_TIMEOUT_SECONDS = 0.25
"""For an answer of Redis; requests wait for it."""

_RETRY_SECONDS = 5.0
"""After a failure, how long nobody asks Redis."""

_JUMP_SECONDS = 5.0
"""Clocks that are only corrected differ by less between two requests."""

_logger = logging.getLogger(__name__)


class ClockJumps:
    """Notices that the clock of the machine was set, by one that never is.

    The library's windows would refuse a key until the clock shows again what it showed before.
    """

    def __init__(self, clock: Callable[[], float] = time, steady: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._steady = steady
        self._ahead = clock() - steady()

    def happened(self) -> bool:
        """Tell whether the clock was set since the last question."""
        before, self._ahead = self._ahead, self._clock() - self._steady()
        return abs(self._ahead - before) > _JUMP_SECONDS


class RateStore:
    """Counts in a moving window. While the shared store fails, each gateway counts by itself.

    Raises ValueError if the package `redis` is not installed and a URL is given.
    """

    def __init__(
        self, url: str | None = None, clock: Callable[[], float] = monotonic, jumps: ClockJumps | None = None
    ) -> None:
        self._clock = clock
        self._jumps = jumps or ClockJumps()
        self._own = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._redis = _redis(url) if url else None
        self._shared = SlidingWindowCounterRateLimiter(self._redis) if self._redis else None
        self._retry_at = 0.0
        self.failures = 0

    async def close(self) -> None:
        """Close the connections; they are opened again when they are needed."""
        if self._redis:
            await self._redis.bridge.storage.aclose()  # type: ignore[attr-defined]  # the library has no method for it

    @property
    def is_down(self) -> bool:
        """Whether the shared store failed, and is not asked now or was not since."""
        return self._retry_at > 0

    async def hit(self, item: RateLimitItem, key: str) -> tuple[bool, float, int]:
        """Count a request; return whether it is admitted, when there is more room, as Unix time, and what is left."""
        if self._shared and self._clock() >= self._retry_at:
            try:
                async with asyncio.timeout(_TIMEOUT_SECONDS):
                    counted = await _hit(self._shared, item, key)
            except (StorageError, TimeoutError) as error:
                self._fail(error)
            else:
                if self.is_down:
                    _logger.info("Gateways count requests together again")
                self._retry_at = 0.0
                return counted
        if self._jumps.happened():
            self._own = SlidingWindowCounterRateLimiter(MemoryStorage())
        return await _hit(self._own, item, key)

    def _fail(self, error: Exception) -> None:
        if not self.is_down:
            _logger.warning("Each gateway counts requests by itself, because the shared store fails: %r", error)
        self.failures += 1
        self._retry_at = self._clock() + _RETRY_SECONDS


def rate_store(url: SecretStr | None) -> RateStore:
    """Return the store at a URL, or one in memory."""
    return RateStore(url.get_secret_value() if url else None)


def require_rate_store(url: SecretStr | None) -> None:
    """End the process with a message if the store at the URL cannot be used, whether it answers or not."""
    try:
        rate_store(url)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)


async def _hit(limiter: SlidingWindowCounterRateLimiter, item: RateLimitItem, key: str) -> tuple[bool, float, int]:
    admitted = await limiter.hit(item, key)
    reset_time, remaining = await limiter.get_window_stats(item, key)
    return admitted, reset_time, remaining


def _redis(url: str) -> RedisStorage:
    redis = url.replace("valkey", "redis", 1) if url.startswith("valkey") else url
    timeouts = {"socket_timeout": _TIMEOUT_SECONDS, "socket_connect_timeout": _TIMEOUT_SECONDS}
    scheme = redis.replace("unix://", "redis+unix://", 1) if redis.startswith("unix") else redis
    try:
        return RedisStorage(
            f"async+{scheme}", wrap_exceptions=True, implementation="redispy", key_prefix="faceserver", **timeouts
        )
    except ConfigurationError as error:
        raise ValueError(
            "APISERVER_RATES_URL needs the package redis: pip install 'faceserver[redis]', or an image built with "
            "--build-arg REDIS=1."
        ) from error
