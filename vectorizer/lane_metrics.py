"""What the lanes tell Prometheus when it asks: nothing of it costs an image anything."""

from collections.abc import Iterator
from importlib.metadata import version

from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector

from vectorizer.lanes import Lanes


class LaneMetrics(Collector):
    """Looks at the lanes, on the thread that answers Prometheus."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes

    def collect(self) -> Iterator[GaugeMetricFamily | InfoMetricFamily]:
        """Yield what there is to tell."""
        lanes, source = self._lanes, self._lanes.source
        busy, taken = lanes.busy, lanes.taken
        yield GaugeMetricFamily(
            "faceserver_vectorizer_places", "Most images that wait or are worked on; one more is refused.", lanes.places
        )
        yield GaugeMetricFamily("faceserver_vectorizer_places_taken", "Images that wait or are worked on.", taken)
        yield GaugeMetricFamily("faceserver_vectorizer_lanes", "Images that can be worked on at once.", lanes.lanes)
        yield GaugeMetricFamily("faceserver_vectorizer_lanes_busy", "Images that are worked on.", busy)
        yield GaugeMetricFamily(
            "faceserver_vectorizer_queue", "Images that wait for a lane or are still being sent.", max(0, taken - busy)
        )
        about = {
            "version": version("faceserver"),
            "detector": source.detector_id,
            "embedder": source.embedder_id,
            "provider": source.engine.provider,
            "runtime": source.runtime,
        }
        yield InfoMetricFamily("faceserver_vectorizer", "What runs here.", about)
