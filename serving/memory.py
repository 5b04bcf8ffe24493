"""How much memory this process may use, and memory that the C library keeps after it was freed."""

import ctypes
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_CGROUP = Path("/sys/fs/cgroup")
_LIMITS = ("memory.max", "memory/memory.limit_in_bytes")
"""By version 2 or 1 of the kernel's interface."""


def usable_memory(cgroup: Path = _CGROUP) -> int:
    """Return the bytes of memory that the machine has and the control group allows."""
    usable = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for file in _LIMITS:
        try:
            usable = min(usable, int((cgroup / file).read_text(encoding="ascii")))
        except (OSError, ValueError):  # no such file, or "max"
            continue
    return usable


def function_of_libc(name: str) -> Callable[..., Any]:
    """Return a function of the C library, or one that does nothing where it is not the GNU C library."""
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    return getattr(libc, name, lambda *_: None)


_trim = function_of_libc("malloc_trim")


def trim() -> None:
    """Give freed memory back to the system; takes some milliseconds, and longer for much memory."""
    _trim(0)
