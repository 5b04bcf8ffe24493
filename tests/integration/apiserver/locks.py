"""Who waits for a lock in PostgreSQL."""

import asyncpg

from tests.waiting import until


async def until_somebody_waits(database: asyncpg.Connection) -> None:
    """Return once a session waits for a lock, no other test being about on this server."""
    await until(lambda: database.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"))
