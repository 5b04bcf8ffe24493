"""Wrong keys of one address."""

import pytest

from apiserver.keys.attempts import MAX_ATTEMPTS, WINDOW_SECONDS, Attempts
from apiserver.problems import TooManyAttempts


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_an_address_is_refused_for_the_rest_of_its_minute():
    clock = Clock()
    attempts = Attempts(clock)
    for _ in range(MAX_ATTEMPTS):
        attempts.check("192.0.2.1")
        attempts.failed("192.0.2.1")
    attempts.check("192.0.2.2")
    clock.now += 20
    with pytest.raises(TooManyAttempts) as refused:
        attempts.check("192.0.2.1")
    assert refused.value.retry_after_seconds == WINDOW_SECONDS - 20
    clock.now += WINDOW_SECONDS
    attempts.check("192.0.2.1")
    attempts.failed("192.0.2.1")
    attempts.check("192.0.2.1")


def test_memory_is_bounded():
    attempts = Attempts(Clock())
    for number in range(MAX_ATTEMPTS):
        attempts.failed("192.0.2.1")
        assert number >= 0
    for number in range(10_000):
        attempts.failed(f"10.0.{number // 256}.{number % 256}")
    attempts.check("192.0.2.1")  # forgotten
