"""What the health port answers."""

import pytest

from serving.http_server.health import Health
from tests.waiting import Clock

READY = (200, b'{"status":"ready"}')


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def health(clock: Clock) -> Health:
    return Health(30, clock)


def test_a_process_is_alive_from_its_first_turn_on(health: Health):
    assert health.live()[0] == health.ready()[0] == 503
    health.turned()
    assert health.live()[0] == 200
    assert health.ready()[0] == 503


def test_a_loop_that_has_not_turned_for_too_long_is_not_alive(health: Health, clock: Clock):
    health.turned()
    health.answered(READY)
    clock.seconds = 30
    assert health.live()[0] == 200
    clock.seconds = 31
    assert health.live()[0] == health.ready()[0] == 503
    health.turned()
    assert health.live()[0] == 200


def test_readiness_is_what_the_service_said_last_unless_that_is_old(health: Health, clock: Clock):
    health.turned()
    health.answered((503, b"{}"))
    assert health.ready() == (503, b"{}")
    health.answered(READY)
    assert health.ready() == READY
    clock.seconds = 20
    health.turned()
    assert health.ready()[0] == 503


def test_a_process_that_stops_is_alive_and_not_ready(health: Health, clock: Clock):
    health.turned()
    health.answered(READY)
    health.stopping()
    clock.seconds = 100
    assert (health.live()[0], health.ready()[0]) == (200, 503)
