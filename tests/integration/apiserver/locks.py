"""Who waits for a lock in PostgreSQL."""

import asyncpg

from tests.citus import COORDINATOR
from tests.waiting import until


async def until_somebody_waits(database: asyncpg.Connection) -> None:
    """Return once a session waits for a lock, no other test being about on this server."""
    waiting = "SELECT 1 FROM citus_lock_waits" if COORDINATOR else "SELECT 1 FROM pg_locks WHERE NOT granted"
    await until(lambda: database.fetchval(f"SELECT EXISTS ({waiting})"))
