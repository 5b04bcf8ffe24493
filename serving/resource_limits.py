"""Limits that a process sets itself: open files, of which each connection takes one, and no core dumps."""

import resource
from contextlib import suppress

_RESERVED_FILES = 256
"""For the database, other services, the object store, logs and libraries."""


def raise_file_limit() -> int:
    """Raise the limit of open files of this process and its children to the hard limit; return what it is then."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # macOS refuses `unlimited`
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft


def max_connections(wanted: int, file_limit: int) -> int:
    """Return how many connections can be open so that files remain for everything else."""
    if file_limit == resource.RLIM_INFINITY:
        return wanted
    return min(wanted, max(file_limit - _RESERVED_FILES, file_limit // 2))


def disable_core_dumps() -> None:
    """Write no core dump if this process or a child crashes: it would have photographs, embeddings and secrets."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
