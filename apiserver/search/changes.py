"""The changes of faces that PostgreSQL keeps for a while, and the versions of what is read from `faces`.

A version is a snapshot: it says of every transaction whether what it did is in what was read. Numbers or times would
not: of two transactions, the one that drew the smaller one may commit later.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from apiserver.database.pool import Database, Share
from apiserver.database.session import Connection
from apiserver.search.indexes import Indexed, condition
from apiserver.search.statements import CHANGED, KNOWN, MARK, OF_CHANGE, SINCE

if TYPE_CHECKING:
    from apiserver.search.codes import CopiedRows, Rows

_KEPT = timedelta(minutes=5)
"""How long changes are kept at least; codes that were not brought up to date for longer are read again."""
_MAX_READ_SECONDS = 600.0

_BEGIN_LOG = """
INSERT INTO face_logs (directory) SELECT directory FROM directories WHERE directory = $1 ON CONFLICT DO NOTHING
"""
_VERSION = f"SELECT {MARK} AS mark, pg_current_snapshot() AS snapshot FROM face_logs WHERE directory = $1"  # noqa: S608 - constants
_NEXT = f"""
SELECT pg_current_snapshot() AS snapshot, EXISTS (SELECT FROM face_changes WHERE {CHANGED.format("$3")}) AS changed
FROM face_logs WHERE {KNOWN.format("$3", "$4")}
"""  # noqa: S608 - constants
_ALL = "SELECT face, true, code FROM faces WHERE {where}"
_CHANGED_FACES = """
SELECT coalesce(face, faces_from), face IS NOT NULL, coalesce(code, repeat('0', {dimension:d})::varbit)
FROM (SELECT DISTINCT faces_from FROM face_changes WHERE {where} AND {since}) AS change
LEFT JOIN LATERAL (SELECT face, code FROM faces WHERE {where} AND {of_change} OFFSET 0) AS enrolled ON true
"""

# Transactions older than a snapshot that was taken long ago are in all codes that are in use. Without a log, there are
# none in use, and what is read next sees all transactions that ended before.
_FORGET = """
WITH due AS (
    UPDATE face_logs SET forgotten_before = forgotten_next, forgotten_next = pg_snapshot_xmin(pg_current_snapshot()),
        marked_at = now()
    WHERE marked_at < now() - $1::interval
    RETURNING directory, forgotten_before
), forgotten AS (
    DELETE FROM face_changes USING due
    WHERE face_changes.directory = due.directory AND changed_by < due.forgotten_before
)
DELETE FROM face_changes
WHERE changed_by < pg_snapshot_xmin(pg_current_snapshot())
AND NOT EXISTS (SELECT FROM face_logs WHERE face_logs.directory = face_changes.directory)
"""


class Version(NamedTuple):
    """What was read: all that the transactions did that are visible in the snapshot, as (xmin, xmax, in progress)."""

    mark: str
    snapshot: tuple[int, int, tuple[int, ...]]


OnRows = Callable[["Rows"], object]


async def read_all(database: Database, indexed: Indexed, reader: "CopiedRows", on_rows: OnRows) -> Version | None:
    """Read the codes of a directory and return their version, None if the directory does not exist.

    Faces that were added or removed while they were read may be among them or not: `read_changes` corrects it.
    Raises DatabaseUnavailable or ValueError.
    """
    async with database.unbound(Share.LONG) as connection:
        await connection.execute(_BEGIN_LOG, indexed.directory)
    async with database.unbound(Share.LONG) as connection:  # a process that removes changes sees the row from here on
        row = await connection.fetchrow(_VERSION, indexed.directory)
        if row is None:
            return None
        await _copy(connection, _ALL.format(where=condition(indexed.directory, indexed.model)), reader, on_rows)
    return Version(row["mark"], row["snapshot"])


async def read_changes(
    database: Database, indexed: Indexed, since: Version, reader: "CopiedRows", on_rows: OnRows
) -> Version | None:
    """Read the faces that changed, and those whose ids begin like theirs, and return the new version.

    None if the log does not reach back to the last one.
    Raises DatabaseUnavailable or ValueError.
    """
    async with database.unbound() as connection:
        row = await connection.fetchrow(_NEXT, indexed.directory, indexed.model, since.snapshot, since.mark)
        if row is None:
            return None
        if row["changed"]:
            await _copy(connection, _changed_faces(indexed, since), reader, on_rows)
    return Version(since.mark, row["snapshot"])


async def forget_changes(database: Database) -> None:
    """Forget the changes that no codes in memory lack. Raises DatabaseUnavailable."""
    async with database.unbound(Share.LONG) as connection:
        if connection.is_distributed:
            return  # no codes are in memory, so nothing notes changes
        await connection.execute(_FORGET, _KEPT, timeout=_MAX_READ_SECONDS)


def _changed_faces(indexed: Indexed, since: Version) -> str:
    oldest, newest, running = since.snapshot
    snapshot = f"'{oldest:d}:{newest:d}:{','.join(map(str, running))}'::pg_snapshot"
    return _CHANGED_FACES.format(
        dimension=indexed.dimension,
        where=condition(indexed.directory, indexed.model),
        since=SINCE.format(snapshot),
        of_change=OF_CHANGE,
    )


async def _copy(connection: Connection, query: str, reader: "CopiedRows", on_rows: OnRows) -> None:
    async def read(data: bytes, *, last: bool = False) -> None:
        for rows in reader.read(data, last=last):
            on_rows(rows)

    await connection.copy_from_query(query, output=read, format="binary", timeout=_MAX_READ_SECONDS)
    await read(b"", last=True)
