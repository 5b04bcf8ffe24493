"""A clock that is set refuses no key for longer than its minute."""

import pytest
from limits import RateLimitItemPerMinute

from apiserver.http.access.rate_store import ClockJumps, RateStore
from tests.waiting import Clock


@pytest.mark.parametrize(
    ("passed", "shown", "jumped"), [(3600, 3600, False), (60, 61, False), (1, 3600, True), (1, -3600, True)]
)
def test_a_clock_that_is_set_is_noticed_once(passed: float, shown: float, jumped: bool):
    clock, steady = Clock(), Clock()
    jumps = ClockJumps(clock, steady)
    steady.seconds += passed
    clock.seconds += shown
    assert [jumps.happened(), jumps.happened()] == [jumped, False]


async def test_after_the_clock_was_set_a_key_begins_a_new_minute():
    clock, steady = Clock(), Clock()
    store, item = RateStore(jumps=ClockJumps(clock, steady)), RateLimitItemPerMinute(2)
    assert [(await store.hit(item, "door"))[0] for _ in range(3)] == [True, True, False]
    clock.seconds -= 3600
    assert (await store.hit(item, "door"))[0]
