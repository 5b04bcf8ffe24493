"""Metrics of the connections of a server, read at each scrape."""

from collections.abc import Iterator
from typing import get_args

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from serving.http_server.connections import Connections, Reason


class ConnectionMetrics(Collector):
    """Reads the connections, on the thread that answers Prometheus."""

    def __init__(self, service: str, connections: Connections) -> None:
        """service: `gateway` or `vectorizer`."""
        self._prefix = f"faceserver_{service}_connections"
        self._connections = connections

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        """Yield the metrics."""
        yield GaugeMetricFamily(self._prefix, "Open connections of clients.", self._connections.count)
        closed = CounterMetricFamily(
            f"{self._prefix}_closed",
            "Connections that the service closed because of their clients: too many `connections`, `headers` too long, "
            "`malformed`, requests too far ahead of answers (`pipelined`), too `slow`, or answers `unread`.",
            labels=["reason"],
        )
        for reason in get_args(Reason):
            closed.add_metric([reason], self._connections.closed[reason])
        yield closed
