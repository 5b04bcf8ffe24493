"""Work that goes on beside the requests."""

import asyncio

import pytest

from apiserver.background import background, repeat
from apiserver.problems import DatabaseUnavailable


@pytest.mark.parametrize("error", [DatabaseUnavailable(), ZeroDivisionError()])
async def test_a_failure_does_not_end_it(error, caplog):
    times = 0
    again = asyncio.Event()

    async def work() -> None:
        nonlocal times
        times += 1
        if times == 1:
            raise error
        again.set()

    async with background(repeat(work, 0.01)):
        await asyncio.wait_for(again.wait(), 5)
    assert caplog.text.count("Put off") == 1
