"""Core dumps, which would write photographs, embeddings and secrets of a crashed process to the disk."""

import resource


def disable_core_dumps() -> None:
    """Write no core dump if this process or a child of it crashes."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
