"""Who waits for a lock in PostgreSQL."""

import asyncpg

from tests.waiting import until

_WAITING = """
SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database()
"""


async def until_somebody_waits(database: asyncpg.Connection, number: int = 1) -> None:
    """Return once so many sessions in this database wait for a lock."""

    async def waiting() -> bool:
        return int(await database.fetchval(_WAITING)) >= number

    await until(waiting)
