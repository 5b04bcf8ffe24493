"""What the gateway counts for Prometheus while it works. What can be looked up is in `state_metrics`."""

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector

from apiserver.candidates import Identity
from apiserver.pool_metrics import SHORT_SECONDS, database_wait

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The counters of one gateway, in a registry of its own: two gateways may live in one process.

    No label takes its values from what clients send, above all not the names of directories and people.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "faceserver_gateway_requests_total",
            "Requests by their end: `ok`, the code of a problem, `client-gone` or `cut`.",
            ["route", "status", "outcome"],
            registry=self.registry,
        )
        self._request_seconds = Histogram(
            "faceserver_gateway_request_seconds",
            "Time from a request's arrival to its answer, less those turned away unread.",
            ["route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._stage_seconds = Histogram(
            "faceserver_gateway_stage_seconds",
            "Time of the gateway's own stages of a request; `vectorize` is all it waits for vectorizers.",
            ["stage"],
            buckets=SHORT_SECONDS,
            registry=self.registry,
        )
        self._decisions = Counter(
            "faceserver_gateway_decisions_total",
            "Faces by what was said of them and by how they were searched for.",
            ["decision", "search"],
            registry=self.registry,
        )
        self.database_wait = database_wait(self.registry)

    def request_done(self, route: str, status: int, outcome: str, seconds: float, stages: Mapping[str, float]) -> None:
        """Count a request that took `seconds`, and its `stages`, milliseconds."""
        self._requests.labels(route, str(status), outcome).inc()
        self._request_seconds.labels(route).observe(seconds)
        for name, milliseconds in stages.items():
            self._stage_seconds.labels(name).observe(milliseconds / 1000)

    def turned_away(self, route: str, status: int, outcome: str) -> None:
        """Count a request of which nothing was read."""
        self._requests.labels(route, str(status), outcome).inc()

    def decided(self, identities: Iterable[Identity]) -> None:
        """Count decisions."""
        for identity in identities:
            self._decisions.labels(identity.decision, identity.path).inc()
