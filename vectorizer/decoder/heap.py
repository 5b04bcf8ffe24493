"""Memory that the C library keeps after it was freed."""

import ctypes
import sys
from collections.abc import Callable
from typing import Any


def _trimmer() -> Callable[[int], Any]:
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    return getattr(libc, "malloc_trim", lambda _: None)  # only the GNU C library has it


_trim = _trimmer()


def trim() -> None:
    """Give freed memory back to the system; takes some milliseconds, and longer for much memory."""
    _trim(0)
