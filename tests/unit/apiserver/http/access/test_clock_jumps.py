"""A clock that is set refuses no key for longer than its minute."""

import pytest
from pydantic import SecretStr

from apiserver.access.grants import EVERYWHERE, Grant
from apiserver.access.scopes import Scope
from apiserver.http.access.clock_jumps import ClockJumps
from apiserver.http.access.rates import Rates
from apiserver.problems import TooManyRequests
from apiserver.settings import Settings
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
    settings = Settings(
        database_url=SecretStr("postgresql:///faces"), image_store_url="memory:///", key_requests_per_minute=2
    )
    rates = Rates(settings, ClockJumps(clock, steady))
    grant = Grant("door", frozenset(Scope), EVERYWHERE, key="door")
    for _ in range(2):
        await rates.admit(grant, "GET")
    with pytest.raises(TooManyRequests):
        await rates.admit(grant, "GET")
    clock.seconds -= 3600
    assert await rates.admit(grant, "GET")
