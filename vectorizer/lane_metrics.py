"""Metrics that are read from the lanes at each scrape, at no cost to an image."""

from collections.abc import Iterator
from importlib.metadata import version

from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector

from vectorizer.lanes import Lanes


class LaneMetrics(Collector):
    """Reads the lanes, on the thread that answers Prometheus."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes

    def collect(self) -> Iterator[GaugeMetricFamily | InfoMetricFamily]:
        """Yield the state of the lanes and the models in use."""
        lanes, source = self._lanes, self._lanes.source
        busy, taken = lanes.busy, lanes.taken
        yield GaugeMetricFamily(
            "faceserver_vectorizer_places",
            "Maximum images waiting or being worked on; one more is refused.",
            lanes.slots,
        )
        yield GaugeMetricFamily("faceserver_vectorizer_places_taken", "Images waiting or being worked on.", taken)
        yield GaugeMetricFamily("faceserver_vectorizer_lanes", "Images that can be worked on at once.", lanes.lanes)
        yield GaugeMetricFamily("faceserver_vectorizer_lanes_busy", "Images being worked on.", busy)
        yield GaugeMetricFamily(
            "faceserver_vectorizer_lanes_overdue",
            "Lanes whose image is past its deadline; not ready while all are.",
            lanes.overdue,
        )
        yield GaugeMetricFamily(
            "faceserver_vectorizer_queue", "Images waiting for a lane or still being received.", max(0, taken - busy)
        )
        about = {
            "version": version("faceserver"),
            "detector": source.detector_id,
            "embedder": source.embedder_id,
            "provider": source.engine.provider,
            "runtime": source.runtime,
            "detector_runtime": str(source.detector_runtimes),
        }
        yield InfoMetricFamily("faceserver_vectorizer", "Version, models and runtimes in use.", about)
