"""Metrics that are counted during work. Those read at each scrape are in `lane_metrics`."""

from collections.abc import Mapping

from prometheus_client import Counter, Histogram

from serving.metrics_port import SHORT_SECONDS, new_registry
from serving.stages import Ended

_FACES = (0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 100)
_ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """The counters of one vectorizer."""

    def __init__(self) -> None:
        self.registry = new_registry()
        self._requests = Counter(
            "faceserver_vectorizer_requests_total",
            "Requests by outcome: `ok`, the code of a problem, `client-gone` or `cut`.",
            ["route", "status", "outcome"],
            registry=self.registry,
        )
        self._stage_seconds = Histogram(
            "faceserver_vectorizer_stage_seconds",
            "Duration of the stages of an image; `queue` is the wait for a lane.",
            ["stage"],
            buckets=SHORT_SECONDS,
            registry=self.registry,
        )
        self._faces = Histogram(
            "faceserver_vectorizer_faces", "Faces per image.", buckets=_FACES, registry=self.registry
        )
        self._batch_rows = Histogram(
            "faceserver_vectorizer_batch_rows",
            "Rows in a batch of a network, without padding; only networks that run batches.",
            ["network"],
            buckets=_ROWS,
            registry=self.registry,
        )

        self._decoder_restarts = Counter(
            "faceserver_vectorizer_decoder_restarts_total",
            "Decoders that were replaced: `time` (a picture took too much), `deadline`, `crash`, `nonsense` or `gone`.",
            ["reason"],
            registry=self.registry,
        )
        for reason in ("time", "deadline", "crash", "nonsense", "gone"):
            self._decoder_restarts.labels(reason)

    def request_done(self, request: Ended) -> None:
        """Count a request."""
        self._requests.labels(request.route, str(request.status), request.outcome).inc()

    def image_done(self, stages: Mapping[str, float], faces: int) -> None:
        """Count an image with its `stages`, milliseconds, and its `faces`."""
        for name, milliseconds in stages.items():
            self._stage_seconds.labels(name).observe(milliseconds / 1000)
        self._faces.observe(faces)

    def batch_done(self, network: str, rows: int) -> None:
        """Count a run of a network."""
        self._batch_rows.labels(network).observe(rows)

    def decoder_restarted(self, reason: str) -> None:
        """Count a decoder that was replaced."""
        self._decoder_restarts.labels(reason).inc()
