"""The processor time that a process has used, and how much of it a picture may take."""

import sys
import time
from contextlib import suppress

_SCHEDULED = 2
"""The kind of clock that counts all threads of a process (linux/posix-timers.h)."""


def used_by(pid: int) -> float:
    """Return the processor time of a process, seconds, 0 if it has ended; elsewhere than on Linux that of the day."""
    if sys.platform != "linux":
        return time.monotonic()
    with suppress(OSError):
        return time.clock_gettime(~pid << 3 | _SCHEDULED)
    return 0.0
