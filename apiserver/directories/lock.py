"""The lock of a directory: shared by enrolments, exclusive for operations that delete or move faces.

Without it, a concurrent enrolment could leave a face of a deleted person, or a face whose photograph is being deleted.
"""

import asyncio
from collections.abc import AsyncIterator

from apiserver.database.session import Connection

MAX_SECONDS = 60.0
"""Timeout of a statement that moves faces: each face is inserted again into all indexes, possibly a large graph."""

_FIRST_PAUSE_SECONDS = 0.01
_MAX_PAUSE_SECONDS = 0.5

_KEY = "hashtextextended('enrolment ' || $1::text, 0)"

ENTER = f"SELECT pg_try_advisory_xact_lock_shared({_KEY}) AS admitted"
"""Run by every operation that adds faces to directory $1, first or in the same statement; if false, it adds nothing."""

# Without a FROM, as above: with a distributed table, Citus would take the lock on the server that has the directory.
_EXCLUDE = f"SELECT pg_advisory_xact_lock({_KEY})"


async def attempts(timeout_seconds: float) -> AsyncIterator[None]:
    """Yield for each attempt to enter a directory, after longer and longer pauses, until the time is over.

    The waiting happens here and not in the database: a deletion takes minutes, and those who wait for it would hold
    all connections.
    """
    clock = asyncio.get_running_loop().time
    end, pause = clock() + timeout_seconds, _FIRST_PAUSE_SECONDS
    yield
    while clock() + pause <= end:
        await asyncio.sleep(pause)
        yield
        pause = min(2 * pause, _MAX_PAUSE_SECONDS)


async def exclude_enrolments(connection: Connection, directory: str) -> None:
    """Exclude enrolments in a directory until the connection's transaction ends.

    Later statements see everything that was enrolled before. The directory need not exist.
    Raises DatabaseUnavailable if others hold the lock for too long.
    """
    await connection.execute(_EXCLUDE, directory)
