"""Work that goes on beside the requests."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager

from apiserver.problems import Problem

_logger = logging.getLogger(__name__)


async def repeat(work: Callable[[], Awaitable[object]], seconds: float, *, at_once: bool = False) -> None:
    """Do `work` every so many seconds until cancelled; that it failed once only postpones it."""
    await asyncio.sleep(0 if at_once else seconds)
    while True:
        try:
            await work()
        except Problem as problem:
            _logger.warning("Put off: %s", problem)
        except Exception:  # whatever it was, the next time may go well
            _logger.exception("Put off")
        await asyncio.sleep(seconds)


@asynccontextmanager
async def background(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run `work` beside what is inside, and cancel it afterwards."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])  # to be cancelled here is not mistaken for the end of the task
        if not task.cancelled():
            task.result()
