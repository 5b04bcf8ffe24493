"""Memory that the C library keeps after it was freed."""

import ctypes
import sys
from collections.abc import Callable
from typing import Any

_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1
"""The GNU C library's numbers of its parameters."""

_LARGE_BYTES = 32 << 20
"""The largest block that the library lets be an ordinary one."""

_KEPT_BYTES = 64 << 20


def _of_libc(name: str) -> Callable[..., Any]:
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    return getattr(libc, name, lambda *_: None)  # only the GNU C library has them


_trim, _set = _of_libc("malloc_trim"), _of_libc("mallopt")


def keep_freed() -> None:
    """Keep freed memory for the next picture; fetching it from the system again takes as long as decoding."""
    _set(_MMAP_THRESHOLD, _LARGE_BYTES)
    _set(_TRIM_THRESHOLD, _KEPT_BYTES)


def trim() -> None:
    """Give freed memory back to the system; takes some milliseconds, and longer for much memory."""
    _trim(0)
