"""Prometheus counters and histograms of the gateway. Gauges that read a current state are in `state_metrics`."""

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector

from apiserver.recognition.candidates import Identity
from apiserver.telemetry.pool_metrics import SHORT_SECONDS, database_wait

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The metrics of one gateway, in a separate registry, because several gateways may run in one process.

    No label takes its values from clients' data; in particular, no names of directories or persons.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "faceserver_gateway_requests_total",
            "Requests by outcome: `ok`, the code of a problem, `client-gone` or `cut`.",
            ["route", "status", "outcome"],
            registry=self.registry,
        )
        self._request_seconds = Histogram(
            "faceserver_gateway_request_seconds",
            "Time from a request's arrival to its response, without the requests refused unread.",
            ["route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._stage_seconds = Histogram(
            "faceserver_gateway_stage_seconds",
            "Time of the stages of a request in the gateway; `vectorize` is the total wait for vectorizers.",
            ["stage"],
            buckets=SHORT_SECONDS,
            registry=self.registry,
        )
        self._decisions = Counter(
            "faceserver_gateway_decisions_total",
            "Recognized faces by decision and search path.",
            ["decision", "search"],
            registry=self.registry,
        )
        self.database_wait = database_wait(self.registry)

    def request_done(self, route: str, status: int, outcome: str, seconds: float, stages: Mapping[str, float]) -> None:
        """Count a request that took `seconds`; `stages` are in milliseconds."""
        self._requests.labels(route, str(status), outcome).inc()
        self._request_seconds.labels(route).observe(seconds)
        for name, milliseconds in stages.items():
            self._stage_seconds.labels(name).observe(milliseconds / 1000)

    def refused(self, route: str, status: int, outcome: str) -> None:
        """Count a request that was refused unread."""
        self._requests.labels(route, str(status), outcome).inc()

    def decided(self, identities: Iterable[Identity]) -> None:
        """Count decisions."""
        for identity in identities:
            self._decisions.labels(identity.decision, identity.path).inc()
