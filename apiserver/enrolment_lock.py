"""Enrolments of a directory go on beside each other; what removes or moves faces waits for them and keeps others out.

Otherwise an enrolment under way could leave a face of somebody who is gone, or a face whose photograph is to go.
"""

from apiserver.database import Connection

LONGEST_SECONDS = 60.0
"""For a statement that moves faces: each is entered into the indexes anew, a graph among them in a large directory."""

_KEY = "hashtextextended('enrolment ' || $1::text, 0)"

ENTER = f"SELECT pg_advisory_xact_lock_shared({_KEY})"
"""Taken by every statement that adds a face to the directory $1, in a part of it that it has to run first."""

_EXCLUDE = f"SELECT pg_advisory_xact_lock({_KEY}) FROM directories WHERE directory = $1"  # noqa: S608


async def exclude_enrolments(connection: Connection, directory: str) -> None:
    """Keep faces from being added to a directory until the connection's transaction ends.

    Statements said afterwards see everything that was enrolled before. Where there is no such directory there is
    nothing to wait for. Raises DatabaseUnavailable where others hold it for too long.
    """
    await connection.execute(_EXCLUDE, directory)
