"""Waiting for what other processes, threads and sockets do: by a condition, never by the clock."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from inspect import isawaitable

PATIENCE_SECONDS = 240
"""Bounds a hang. No test passes or fails by how much of it is used."""

_PAUSE_SECONDS = 0.02


def wait_until(condition: Callable[[], object]) -> None:
    """Return as soon as `condition` holds."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(_PAUSE_SECONDS)


async def until(condition: Callable[[], Awaitable[object] | object]) -> None:
    """Return as soon as `condition`, which may be awaited, holds."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (await found if isawaitable(found := condition()) else found):
        assert time.monotonic() < end, "waited in vain"
        await asyncio.sleep(_PAUSE_SECONDS)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds
