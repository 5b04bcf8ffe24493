"""Turns of the event loop: long work on it is interrupted, so that no request waits for another one's."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import TypeVar

_SECONDS = 0.005

T = TypeVar("T")


async def taking_turns(items: Iterable[T]) -> AsyncIterator[T]:
    """Yield the items; whenever the work on them has taken 5 ms of processor time, others get their turn."""
    begun = time.thread_time()
    for item in items:
        if time.thread_time() - begun > _SECONDS:
            await asyncio.sleep(0)
            begun = time.thread_time()
        yield item


def consumed(items: list[T]) -> Iterator[T]:
    """Yield the items and remove them from the list: to free many large ones together would be long work too."""
    items.reverse()
    while items:
        yield items.pop()
