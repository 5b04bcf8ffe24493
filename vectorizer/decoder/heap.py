"""Memory that the C library keeps after it was freed."""

from serving.memory import function_of_libc

_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1
"""The GNU C library's numbers of its parameters."""

_LARGE_BYTES = 32 << 20
"""The largest block that the library lets be an ordinary one."""

_KEPT_BYTES = 192 << 20


_set = function_of_libc("mallopt")


def keep_freed() -> None:
    """Keep freed memory for the next picture; fetching it from the system again takes as long as decoding."""
    _set(_MMAP_THRESHOLD, _LARGE_BYTES)
    _set(_TRIM_THRESHOLD, _KEPT_BYTES)
