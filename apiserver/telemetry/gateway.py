"""Metrics that are read from the gateway's resources when Prometheus asks; requests do no work for them."""

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from apiserver.search.recall import RecallCheck
from apiserver.slots import Slots
from apiserver.vectorizers.client import VectorizerClient


class StateMetrics(Collector):
    """Reads the resources of one gateway, on the thread that answers Prometheus."""

    def __init__(self, slots: Slots, vectorizer: VectorizerClient, recall_check: RecallCheck) -> None:
        self._slots = slots
        self._vectorizer = vectorizer
        self._recall_check = recall_check

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        """Yield the metrics."""
        yield from self._slot_gauges()
        yield from self._vectorizers()
        yield from self._recall()

    def _slot_gauges(self) -> Iterator[GaugeMetricFamily]:
        yield GaugeMetricFamily(
            "faceserver_gateway_places",
            "Slots for requests with photographs (`APISERVER_MAX_REQUESTS`).",
            self._slots.count,
        )
        yield GaugeMetricFamily("faceserver_gateway_places_taken", "Slots that are taken.", self._slots.in_use)

    def _vectorizers(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        in_flight = GaugeMetricFamily(
            "faceserver_gateway_vectorizer_in_flight",
            "Images of this gateway at a vectorizer.",
            labels=["replica"],
        )
        set_aside = GaugeMetricFamily(
            "faceserver_gateway_vectorizer_set_aside",
            "1 where a vectorizer failed and gets no work until it says that it is well, else 0.",
            labels=["replica"],
        )
        for replica in self._vectorizer.replicas:
            in_flight.add_metric([replica.url], replica.in_flight)
            set_aside.add_metric([replica.url], replica.set_aside)
        attempts = CounterMetricFamily(
            "faceserver_gateway_vectorizer_attempts",
            "Images sent to a vectorizer, second attempts included, by `ok` or the code of a problem.",
            labels=["outcome"],
        )
        for outcome, number in list(self._vectorizer.attempts.items()):
            attempts.add_metric([outcome], number)
        yield from (in_flight, set_aside, attempts)

    def _recall(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        checks = CounterMetricFamily(
            "faceserver_gateway_search_checks",
            "Answers compared with exact ones, by how they were found and whether they were `right` or `wrong`.",
            labels=["search", "verdict"],
        )
        for (path, right), number in list(self._recall_check.verdicts.items()):
            checks.add_metric([path, "right" if right else "wrong"], number)
        directories = GaugeMetricFamily(
            "faceserver_gateway_checked_directories",
            "Directories with checked answers, by how hard they are searched: times the candidates, or `exact`.",
            labels=["effort"],
        )
        efforts = self._recall_check.efforts.known().values()
        for effort, number in Counter("exact" if each.exact else str(each.width) for each in efforts).items():
            directories.add_metric([effort], number)
        yield from (checks, directories)
