"""Calls that are sent again until their server is there, and the servers that hold the shards."""

import asyncio
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import asyncpg
import httpx
import pytest

from tests.citus import Citus, WorkerServer
from tests.waiting import PATIENCE_SECONDS

_SERVER = """
SELECT nodename || ':' || nodeport FROM pg_dist_shard_placement
WHERE shardid = get_shard_id_for_distribution_column('directories', $1::text)
"""


@pytest.fixture
def worker_server(citus: Citus) -> Iterator[WorkerServer]:
    """One of two servers with shards; it runs again when the test is over."""
    server = citus.worker_server(1)
    yield server
    server.start_if_ended()


async def server_of(database: asyncpg.Connection, directory: str) -> str:
    """Return host and port of the server that has a directory."""
    return str(await database.fetchval(_SERVER, directory))


class Insistent:
    """Sends calls again while the database is unavailable, as clients do, and counts how often it was."""

    def __init__(self, gateway: httpx.AsyncClient) -> None:
        self._gateway = gateway
        self.refused = 0

    async def once(self, method: str, path: str, **content: Any) -> httpx.Response:
        """Send a call once."""
        return await self._gateway.request(method, path, **content)

    async def __call__(self, method: str, path: str, **content: Any) -> httpx.Response:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                answer = await self._gateway.request(method, path, **content)
                if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                    return answer
                self.refused += 1
                await asyncio.sleep(0.05)


@pytest.fixture
def insistent(gateway: httpx.AsyncClient) -> Insistent:
    return Insistent(gateway)
