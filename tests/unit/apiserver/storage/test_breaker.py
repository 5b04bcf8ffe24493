"""When a service that failed is tried again."""

import pytest

from apiserver.storage.breaker import Breaker
from tests.waiting import Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return Breaker(5, clock)


def test_as_long_as_nothing_fails_all_calls_are_made(breaker):
    assert breaker.admits()
    breaker.succeed()
    assert breaker.admits()
    assert not breaker.is_open


def test_after_a_failure_one_trial_at_a_time_is_made(breaker, clock):
    breaker.fail()
    assert (breaker.is_open, breaker.admits()) == (True, False)
    clock.seconds = 5
    assert [breaker.admits() for _ in range(3)] == [True, False, False]
    clock.seconds = 10  # the trial never ended
    assert [breaker.admits() for _ in range(3)] == [True, False, False]
    assert breaker.is_open


def test_after_a_success_all_calls_are_made_again(breaker):
    breaker.fail()
    breaker.succeed()
    assert [breaker.admits() for _ in range(3)] == [True] * 3
    assert not breaker.is_open
