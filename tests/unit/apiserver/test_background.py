"""Work that goes on beside the requests."""

import asyncio

import pytest

from apiserver.background import background, repeat
from apiserver.problems import DatabaseUnavailable
from tests.waiting import PATIENCE_SECONDS


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
        await asyncio.wait_for(again.wait(), PATIENCE_SECONDS)
    assert caplog.text.count("Background work failed and will be retried") == 1


async def test_whoever_waits_for_its_end_can_be_cancelled():
    ending, may_end, went_on = asyncio.Event(), asyncio.Event(), False

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ending.set()
            await may_end.wait()

    async def caller() -> None:
        nonlocal went_on
        async with background(work()):
            await asyncio.sleep(0)  # so that it has begun
        went_on = True

    task = asyncio.create_task(caller())
    await ending.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    may_end.set()
    assert not went_on


async def test_what_it_raised_is_raised_at_the_end():
    async def work() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        async with background(work()):
            await asyncio.sleep(0)
