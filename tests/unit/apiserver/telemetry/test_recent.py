"""What the last minute was, by a clock that the test moves."""

from math import inf

import pytest

from apiserver.telemetry.gateway import Metrics
from apiserver.telemetry.recent import SAMPLE_SECONDS, RecentRequests, quantile
from serving.stages import Ended


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recent(metrics: Metrics, clock: Clock) -> RecentRequests:
    return RecentRequests(metrics, {"both": ("POST /a", "POST /b"), "other": ("POST /c",)}, clock)


def end(metrics: Metrics, route: str, status: int = 200, seconds: float = 0.07) -> None:
    metrics.request_done(Ended(route, status, "ok", seconds, {}))


async def test_groups_are_counted_since_the_start(recent: RecentRequests, metrics: Metrics, clock: Clock):
    for route in ("POST /a", "POST /a", "POST /b", "GET /a"):
        end(metrics, route)
    end(metrics, "POST /b", 500)
    end(metrics, "POST /b", 429)
    metrics.refused("POST /a", 503, "vectorizer-busy")
    clock.now += 10

    found = recent.read("both")
    assert (found.seconds, found.requests, found.refused, found.served_per_second) == (10, 6, 2, 0.4)
    assert found.p50_seconds == pytest.approx(0.075)
    assert found.p99_seconds == pytest.approx(0.0995)
    assert recent.read("other").p50_seconds is None
    assert recent.read("other").requests == 0


async def test_what_is_older_than_a_minute_is_forgotten(recent: RecentRequests, metrics: Metrics, clock: Clock):
    end(metrics, "POST /a", seconds=20)
    for sample in range(1, 20):
        clock.now += SAMPLE_SECONDS
        await recent.sample()
        found = recent.read("both")
        assert found.requests == (1 if sample <= 60 / SAMPLE_SECONDS else 0)
        assert found.seconds == min(sample * SAMPLE_SECONDS, 60)
    end(metrics, "POST /a", seconds=0.001)
    assert recent.read("both").requests == 1
    assert recent.read("both").p99_seconds == pytest.approx(0.00495)


async def test_after_a_pause_only_what_is_known_counts(recent: RecentRequests, metrics: Metrics, clock: Clock):
    """As of a machine that slept: no sample is of the last minute, so the latest one is taken."""
    end(metrics, "POST /a")
    clock.now += 3600
    found = recent.read("both")
    assert (found.requests, found.seconds) == (1, 3600)


@pytest.mark.parametrize(
    ("counts", "share", "value"),
    [
        ([0, 0, 0], 0.5, None),
        ([], 0.5, None),
        ([100, 100, 100], 0.5, 0.5),
        ([50, 100, 100], 0.5, 1),
        ([50, 100, 100], 0.75, 2),
        ([0, 1, 1], 0.99, 2.98),
        ([0, 0, 7], 0.5, 3),
    ],
)
def test_quantiles_are_between_the_bounds(counts: list[int], share: float, value: float | None):
    found = quantile(list(zip([1.0, 3.0, inf], counts, strict=False)), share)
    assert found == (value if value is None else pytest.approx(value))
