"""The embedded PostgreSQL of the standalone stack, alone, on a data folder that may be kept for the next run."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from db.migrate import migrate
from faceserver.standalone.child import Child
from faceserver.standalone.guard import Guard
from faceserver.standalone.postgres import Cluster


@asynccontextmanager
async def embedded_database(folder: Path) -> AsyncIterator[str]:
    """Yield the DSN of the absolute folder's migrated database while its server runs."""
    with Cluster.opened(folder) as cluster, Guard() as guard:
        await cluster.prepare()
        server = Child(cluster.program, guard)
        await server.start()
        try:
            while not cluster.is_ready(server.pid):
                await server.check()
                await asyncio.sleep(0.05)
            await migrate(cluster.dsn)
            yield cluster.dsn
        finally:
            await server.stop()
