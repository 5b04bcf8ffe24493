"""The processor time that a process has used, and how much of it a picture may take."""

import sys
import time
from contextlib import suppress

from vectorizer.decoding.formats import Format, format_of

_SCHEDULED = 2
"""The kind of clock that counts all threads of a process (linux/posix-timers.h)."""


def used_by(pid: int) -> float:
    """Return the processor time of a process, seconds, 0 if it has ended; elsewhere than on Linux that of the day."""
    if sys.platform != "linux":
        return time.monotonic()
    with suppress(OSError):
        return time.clock_gettime(~pid << 3 | _SCHEDULED)
    return 0.0


_FACTORS = {Format.JPEG: 3.0, Format.AVIF: 3.0, Format.HEIC: 3.0}
"""How many times longer the largest ordinary photograph of a format may take; 64 megapixels took up to 3.4 s."""

_OTHER_FACTOR = 2.0
"""The same for all other formats, which took up to 2.7 s."""

_MIN_LARGE_BYTES = 2_000_000
"""Files of ordinary photographs of 64 megapixels have at least three million bytes. A smaller file has no excuse."""


def allowed(data: bytes, seconds: float) -> float:
    """Return how much processor time a file may take where `seconds` are usual."""
    if len(data) < _MIN_LARGE_BYTES:
        return seconds
    found = format_of(data)
    return seconds * _FACTORS.get(found, _OTHER_FACTOR) if found else seconds
