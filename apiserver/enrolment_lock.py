"""Enrolments of a directory go on beside each other; what removes or moves faces waits for them and keeps others out.

Otherwise an enrolment under way could leave a face of somebody who is gone, or a face whose photograph is to go.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from apiserver.database import Connection
from apiserver.problems import DirectoryBusy

MAX_SECONDS = 60.0
"""For a statement that moves faces: each is entered into the indexes anew, a graph among them in a large directory."""

_FIRST_PAUSE_SECONDS = 0.01
_MAX_PAUSE_SECONDS = 0.5

_KEY = "hashtextextended('enrolment ' || $1::text, 0)"

ENTER = f"SELECT pg_try_advisory_xact_lock_shared({_KEY}) AS let_in"
"""Said by everything that adds faces to the directory $1, in the same statement or before, and minded."""

_EXCLUDE = f"SELECT pg_advisory_xact_lock({_KEY}) FROM directories WHERE directory = $1"  # noqa: S608

T = TypeVar("T")


async def once_let_in(attempt: Callable[[], Awaitable[T | None]], timeout_seconds: float) -> T:
    """Attempt until it is something else than None, which tells of a directory that is not to be entered.

    Whoever waits does it here and not in the database: a deletion takes minutes, and everybody's connections would be
    held by those who wait for it. Raises DirectoryBusy when the time is over, and what an attempt raises.
    """
    clock = asyncio.get_running_loop().time
    end, pause = clock() + timeout_seconds, _FIRST_PAUSE_SECONDS
    while (done := await attempt()) is None:
        if clock() + pause > end:
            raise DirectoryBusy
        await asyncio.sleep(pause)
        pause = min(2 * pause, _MAX_PAUSE_SECONDS)
    return done


async def exclude_enrolments(connection: Connection, directory: str) -> None:
    """Keep faces from being added to a directory until the connection's transaction ends.

    Statements said afterwards see everything that was enrolled before. Where there is no such directory there is
    nothing to wait for. Raises DatabaseUnavailable where others hold it for too long.
    """
    await connection.execute(_EXCLUDE, directory)
