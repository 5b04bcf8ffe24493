"""What a gateway did in the last minute, from its own metrics; requests do no work for it."""

import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from apiserver.telemetry.gateway import Metrics, Totals

SAMPLE_SECONDS = 5.0
_WINDOW_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Recent:
    """What became of requests in some seconds. refused: of `requests`, for overload or a limit (429 and 503).

    p50_seconds, p99_seconds: estimated from the buckets of the metric; None without requests.
    """

    seconds: float
    requests: int
    refused: int
    p50_seconds: float | None
    p99_seconds: float | None

    @property
    def served_per_second(self) -> float:
        """How many were not refused, a second."""
        return (self.requests - self.refused) / self.seconds


class RecentRequests:
    """Remembers what the metrics had counted at times of the last minute, for some groups of routes.

    clock: in seconds.
    """

    def __init__(
        self,
        metrics: Metrics,
        routes: Mapping[str, Collection[str]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._metrics = metrics
        self._routes = routes
        self._clock = clock
        self._samples = deque([(clock(), self._totals())], maxlen=round(_WINDOW_SECONDS / SAMPLE_SECONDS) + 1)

    async def sample(self) -> None:
        """Remember what is counted now; called every `SAMPLE_SECONDS`."""
        self._samples.append((self._clock(), self._totals()))

    def read(self, group: str) -> Recent:
        """Return what became of the group's requests in the last minute, or since the start if that is less."""
        now, after = self._clock(), self._metrics.totals(self._routes[group])
        at, then = next((each for each in self._samples if now - each[0] <= _WINDOW_SECONDS), self._samples[-1])
        before = then[group]
        up_to = [(bound, count - before.up_to.get(bound, 0)) for bound, count in sorted(after.up_to.items())]
        return Recent(
            seconds=max(now - at, 1.0),  # the rate of a fraction of a second would mislead
            requests=after.requests - before.requests,
            refused=after.refused - before.refused,
            p50_seconds=quantile(up_to, 0.5),
            p99_seconds=quantile(up_to, 0.99),
        )

    def _totals(self) -> dict[str, Totals]:
        return {group: self._metrics.totals(routes) for group, routes in self._routes.items()}


def quantile(up_to: Sequence[tuple[float, float]], share: float) -> float | None:
    """Return the value that a share of the observations does not exceed, or None without observations.

    up_to: the bounds of a histogram, ascending, the last one infinite, and the number of observations up to each.
    Within a bucket they count as evenly distributed, and above all finite bounds as the highest of these, as in
    Prometheus' `histogram_quantile`.
    """
    rank = share * up_to[-1][1] if up_to else 0.0
    low, below = 0.0, 0.0
    for bound, count in up_to:
        if rank and count >= rank:
            return low if bound == inf else low + (bound - low) * (rank - below) / (count - below)
        low, below = bound, count
    return None
