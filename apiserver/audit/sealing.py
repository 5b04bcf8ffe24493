"""Seals the entries into one chain for each directory, some time after they are written.

Writers take no lock: those of one directory would wait for each other if each chained its own entry.
"""

import logging

from apiserver.audit.chain import Anchor, sealed
from apiserver.audit.records import COLUMNS, Entry
from apiserver.database.pool import Database, Share
from apiserver.database.session import Connection

SEAL_SECONDS = 0.5
"""Time between two rounds of sealing."""

_BATCH = 2_000

_CHAINS = """
SELECT DISTINCT coalesce(directory, '') AS chain FROM (
    SELECT directory FROM audit WHERE hash IS NULL ORDER BY id LIMIT $1
) AS unsealed
"""

_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('audit ' || $1::text, 0))"

_HEAD = "SELECT position, head FROM audit_chains WHERE directory = $1"

# An entry whose transaction ends late is sealed behind entries with greater ids: the position is what counts.
_UNSEALED = f"""
SELECT {COLUMNS} FROM audit WHERE hash IS NULL AND directory IS NOT DISTINCT FROM nullif($1, '') ORDER BY id LIMIT $2
"""  # noqa: S608

_SEAL = """
UPDATE audit SET position = seal.position, hash = seal.hash
FROM unnest($1::bigint[], $2::bigint[], $3::bytea[]) AS seal (id, position, hash) WHERE audit.id = seal.id
"""

_MOVE_HEAD = """
INSERT INTO audit_chains (directory, position, head) VALUES ($1, $2, $3)
ON CONFLICT (directory) DO UPDATE SET position = excluded.position, head = excluded.head
"""

_OLD = """
SELECT chain.directory, greatest(0, (
    SELECT max(position) FROM audit WHERE coalesce(directory, '') = chain.directory
    AND position < coalesce((
        SELECT position FROM audit WHERE coalesce(directory, '') = chain.directory AND position IS NOT NULL
        AND at >= now() - make_interval(days => $1) ORDER BY position LIMIT 1
    ), 9223372036854775807)
)) AS up_to
FROM audit_chains AS chain
"""

_logger = logging.getLogger(__name__)


async def seal(database: Database) -> int:
    """Seal all entries that are committed, and return their number; other workers may seal at the same time.

    Raises DatabaseUnavailable.
    """
    total = 0
    async with database.unbound(Share.LONG) as connection:
        while chains := await connection.fetch(_CHAINS, _BATCH):
            count = sum([await _seal_chain(connection, row["chain"]) for row in chains])
            total += count
            if not count:  # another worker seals all of them
                break
    return total


async def _seal_chain(connection: Connection, chain: str) -> int:
    async with connection.transaction():
        if not await connection.fetchval(_LOCK, chain):
            return 0
        head = await connection.fetchrow(_HEAD, chain)
        rows = await connection.fetch(_UNSEALED, chain, _BATCH)
        if not rows:
            return 0
        entries = sealed(map(Entry.of, rows), Anchor(*head) if head else Anchor())
        columns = zip(*((entry.id, entry.position, entry.hash) for entry in entries), strict=True)
        await connection.execute(_SEAL, *(list(column) for column in columns))
        await connection.execute(_MOVE_HEAD, chain, entries[-1].position, entries[-1].hash)
    return len(entries)


async def forget(database: Database, days: int) -> int:
    """Remove the entries at the beginning of each chain that are older than `days`, and return their number.

    An entry stays as long as an older one in front of it does: chains begin with a checkpoint and have no gaps.
    Raises DatabaseUnavailable.
    """
    removed = 0
    async with database.unbound(Share.LONG) as connection:
        for chain, up_to in await connection.fetch(_OLD, days):
            async with connection.transaction():
                if up_to and await connection.fetchval(_LOCK, chain):
                    removed += await connection.fetchval("SELECT audit_forget($1, $2)", chain, up_to)
    return removed
