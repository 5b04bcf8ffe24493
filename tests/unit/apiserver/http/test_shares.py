"""Shares of the requests in progress."""

from contextlib import ExitStack

import pytest

from apiserver.access.grants import EVERYWHERE, Grant
from apiserver.access.scopes import Scope
from apiserver.http.access.rate_store import RateStore
from apiserver.http.access.rates import Rates
from apiserver.keys.usage import Usage
from apiserver.problems import TooManyRequests
from apiserver.settings.settings import Settings

MAX_REQUESTS = 12


def taken(key, places, rates, usage, **limits):
    """Take places for a key until it is refused, and return their number."""
    grant, number = Grant(f"key:{key}", frozenset(Scope), EVERYWHERE, key, limits), 0
    while True:
        try:
            places.enter_context(rates.place(grant, usage, exempt=False))
        except TooManyRequests:
            return number
        number += 1


@pytest.fixture
def rates():
    settings = Settings(database_url="postgresql://none", image_store_url="memory:///", max_requests=MAX_REQUESTS)
    return Rates(settings, RateStore())


@pytest.fixture
def usage():
    return Usage(None, {})  # type: ignore[arg-type]  # nothing is read


def test_whoever_comes_last_finds_a_share(rates, usage):
    with ExitStack() as first, ExitStack() as others:
        assert taken("one", first, rates, usage) == 6
        assert taken("two", others, rates, usage) == 4
        assert taken("one", others, rates, usage) == 0, "what it has is more than a third"
        assert taken("three", others, rates, usage) == 3
        first.close()
        assert taken("one", others, rates, usage) == 3
    with ExitStack() as again:
        assert taken("one", again, rates, usage) == 6
        with rates.place(Grant("key:one", frozenset(), EVERYWHERE, "one"), usage, exempt=True):
            assert usage.refusals == {"requests_in_progress": 6}


def test_a_limit_of_the_key_s_own_is_its_share(rates, usage):
    with ExitStack() as places:
        assert taken("one", places, rates, usage, requests_in_progress=9) == 9
        assert taken("two", places, rates, usage) == 4
