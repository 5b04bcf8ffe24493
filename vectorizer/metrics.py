"""What the vectorizer counts for Prometheus while it works. What can be looked up is in `lane_metrics`."""

from collections.abc import Mapping

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector

prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # twice the series, which nobody reads

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_FACES = (0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 100)
_ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """The counters of one vectorizer, in a registry of its own: two may live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "faceserver_vectorizer_requests_total",
            "Requests by their end: `ok`, the code of a problem, `client-gone` or `cut`.",
            ["route", "status", "outcome"],
            registry=self.registry,
        )
        self._stage_seconds = Histogram(
            "faceserver_vectorizer_stage_seconds",
            "Time of the stages of an image; `queue` is the wait for a lane.",
            ["stage"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._faces = Histogram(
            "faceserver_vectorizer_faces", "Faces on an image.", buckets=_FACES, registry=self.registry
        )
        self._batch_rows = Histogram(
            "faceserver_vectorizer_batch_rows",
            "Rows in a run of a network, padding left out; of networks that run by batches.",
            ["network"],
            buckets=_ROWS,
            registry=self.registry,
        )

    def request_done(self, route: str, status: int, outcome: str) -> None:
        """Count a request."""
        self._requests.labels(route, str(status), outcome).inc()

    def image_done(self, stages: Mapping[str, float], faces: int) -> None:
        """Count an image with its `stages`, milliseconds, and its `faces`."""
        for name, milliseconds in stages.items():
            self._stage_seconds.labels(name).observe(milliseconds / 1000)
        self._faces.observe(faces)

    def batch_done(self, network: str, rows: int) -> None:
        """Count a run of a network."""
        self._batch_rows.labels(network).observe(rows)
