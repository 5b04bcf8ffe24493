"""A circuit breaker: while a service is down, one call at a time tries it, and all others are spared the wait."""

import time
from collections.abc import Callable


class Breaker:
    """Opens with a failure and closes with a success; while open, it admits one trial every `retry_seconds`."""

    def __init__(self, retry_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._retry_seconds = retry_seconds
        self._clock = clock
        self._retry_at: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether the last call failed."""
        return self._retry_at is not None

    def admits(self) -> bool:
        """Return whether a call may be made: any while closed, otherwise the next trial when its time has come."""
        if self._retry_at is None:
            return True
        if self._clock() < self._retry_at:
            return False
        self.fail()  # until this trial succeeds, and even if it is cancelled
        return True

    def fail(self) -> None:
        """Note that a call failed."""
        self._retry_at = self._clock() + self._retry_seconds

    def succeed(self) -> None:
        """Note that a call succeeded."""
        self._retry_at = None
