"""Background work next to the requests."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager

from apiserver.problems import Problem

_logger = logging.getLogger(__name__)


async def repeat(work: Callable[[], Awaitable[object]], seconds: float, *, at_once: bool = False) -> None:
    """Run `work` every `seconds` until cancelled. A failure is logged, and the next run follows as usual."""
    await asyncio.sleep(0 if at_once else seconds)
    while True:
        try:
            await work()
        except Problem as problem:
            _logger.warning("Background work failed and will be retried: %s", problem)
        except Exception:  # an unknown failure must not end the later runs
            _logger.exception("Background work failed and will be retried")
        await asyncio.sleep(seconds)


@asynccontextmanager
async def background(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run `work` while the block runs, and cancel it afterwards."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])  # unlike `await task`, this tells our own cancellation from the task's
        if not task.cancelled():
            task.result()
