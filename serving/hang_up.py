"""Cancels work when its client hangs up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import ClientDisconnect
from starlette.types import Receive


@asynccontextmanager
async def while_connected(receive: Receive) -> AsyncIterator[None]:
    """Cancel the block when the client hangs up, and raise ClientDisconnect. The body must have been read."""
    try:
        async with asyncio.timeout(None) as scope:
            watch = asyncio.create_task(_end_at_hang_up(scope, receive))
            try:
                yield
            finally:
                watch.cancel()
    except TimeoutError as error:
        if scope.expired():
            raise ClientDisconnect from error
        raise


async def _end_at_hang_up(scope: asyncio.Timeout, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.reschedule(asyncio.get_running_loop().time())
