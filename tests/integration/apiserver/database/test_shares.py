"""Shares of the connections to PostgreSQL: callers of one kind never take all of them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from uuid import uuid4

import asyncpg
import pytest

from apiserver.database.opening import open_database
from apiserver.database.pool import Database, Share, share_limits
from apiserver.problems import DatabaseBusy
from apiserver.settings.settings import Settings
from tests.integration.apiserver.conftest import Serve
from tests.waiting import until

_SIZE = 10
_WAITING = "SELECT count(*) FROM pg_locks WHERE relation = 'imports'::regclass AND NOT granted"


@pytest.fixture
async def connections(database_url: str) -> AsyncIterator[Database]:
    async with open_database(database_url, pool_size=_SIZE, timeout_seconds=0.2) as database:
        yield database


@pytest.mark.parametrize("taken", Share)
async def test_a_share_that_is_taken_leaves_connections_for_the_others(connections, taken):
    async with AsyncExitStack() as stack:
        for _ in range(share_limits(_SIZE)[taken]):
            await stack.enter_async_context(connections.connection(taken))
        with pytest.raises(DatabaseBusy):
            await stack.enter_async_context(connections.connection(taken))
        for other in set(Share) - {taken}:
            async with connections.connection(other) as connection:
                assert await connection.fetchval("SELECT 1") == 1
    async with connections.connection(taken) as connection:
        assert await connection.fetchval("SELECT 1") == 1, "given back"


async def test_a_caller_that_goes_away_while_it_waits_takes_nothing(connections):
    async with AsyncExitStack() as stack:
        for _ in range(share_limits(_SIZE)[Share.READS]):
            await stack.enter_async_context(connections.connection(Share.READS))
        waiting = asyncio.create_task(stack.enter_async_context(connections.connection(Share.READS)))
        await asyncio.sleep(0)
        waiting.cancel()
    for _ in range(2):
        async with connections.connection(Share.READS):
            pass


@pytest.mark.timing
async def test_answers_that_hang_hold_up_neither_recognition_nor_enrolment(
    serve: Serve, settings: Settings, database: asyncpg.Connection, ann: bytes, bob: bytes
) -> None:
    """Forty requests for outcomes, of which no more than the share of the reads gets a connection."""
    gateway = await serve(settings.model_copy(update={"database_pool_size": _SIZE}))
    await gateway.post("/learn", data={"person": "ann", "directory": "acme"}, files={"file": ann})
    async with database.transaction():
        await database.execute("LOCK TABLE imports")
        url = f"/directories/acme/imports/{uuid4()}/outcomes"
        hanging = [asyncio.create_task(gateway.get(url)) for _ in range(40)]
        await until(_held(database, share_limits(_SIZE)[Share.READS]))

        recognized = await gateway.post("/recognize", data={"directory": "acme"}, files={"file": ann})
        assert recognized.json()["persons"][0]["decision"] == "match"
        learned = await gateway.post("/learn", data={"person": "bob", "directory": "acme"}, files={"file": bob})
        assert learned.status_code == 201
        assert await database.fetchval(_WAITING) == share_limits(_SIZE)[Share.READS]
        assert not any(task.done() for task in hanging)
    assert {answer.status_code for answer in await asyncio.gather(*hanging)} == {404}


def _held(database: asyncpg.Connection, number: int) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return bool(await database.fetchval(_WAITING) == number)

    return check
