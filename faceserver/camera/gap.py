"""An interruption: when it began, when to try again, and when to give up."""

import time

_FIRST_PAUSE_SECONDS = 0.5
_MAX_PAUSE_SECONDS = 10.0

GIVE_UP_SECONDS = 60.0
"""How long an interruption may last, unless it is set."""


class Gap:
    """At most one interruption at a time, of at most `max_seconds`."""

    def __init__(self, max_seconds: float) -> None:
        self.max_seconds = max_seconds
        self._begun: float | None = None
        self._pause = _FIRST_PAUSE_SECONDS

    def begin(self) -> bool:
        """Note a failure; return whether it begins an interruption."""
        if self._begun is not None:
            return False
        self._begun, self._pause = time.monotonic(), _FIRST_PAUSE_SECONDS
        return True

    def end(self) -> float | None:
        """Note a success; return the seconds of the interruption it ends, None if there was none."""
        begun, self._begun = self._begun, None
        return None if begun is None else time.monotonic() - begun

    def wait(self) -> bool:
        """Wait before another attempt, each time longer; return False at once if the interruption lasts too long."""
        if self._begun is None or time.monotonic() + self._pause - self._begun > self.max_seconds:
            return False
        time.sleep(self._pause)
        self._pause = min(2 * self._pause, _MAX_PAUSE_SECONDS)
        return True
