"""Enrolments of a directory run concurrently; what removes or moves faces waits for them and excludes others.

Otherwise a concurrent enrolment could leave a face of a deleted person, or a face whose photograph is to be removed.
"""

import asyncio
from collections.abc import AsyncIterator

from apiserver.database import Connection

LONGEST_SECONDS = 60.0
"""For a statement that moves faces: each is entered into the indexes again, in a large directory into a graph too."""

_FIRST_PAUSE_SECONDS = 0.01
_MAX_PAUSE_SECONDS = 0.5

_KEY = "hashtextextended('enrolment ' || $1::text, 0)"

ENTER = f"SELECT pg_try_advisory_xact_lock_shared({_KEY}) AS let_in"
"""Part of everything that adds faces to the directory $1, in the same statement or before; if false, it adds none."""

_EXCLUDE = f"SELECT pg_advisory_xact_lock({_KEY}) FROM directories WHERE directory = $1"  # noqa: S608


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
    """Keep faces from being added to a directory until the connection's transaction ends.

    Later statements see everything that was enrolled before. A directory that does not exist is not waited for.
    Raises DatabaseUnavailable if others hold it for too long.
    """
    await connection.execute(_EXCLUDE, directory)
