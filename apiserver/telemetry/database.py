"""Metrics of the connections to PostgreSQL, for gateway and worker."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from apiserver.database import Database
from serving.metrics_port import SHORT_SECONDS


def database_wait(registry: CollectorRegistry) -> Histogram:
    """Return the histogram of waits for a connection."""
    return Histogram(
        "faceserver_database_wait_seconds",
        "Time until a connection to PostgreSQL was available; waits that timed out are not counted.",
        buckets=SHORT_SECONDS,
        registry=registry,
    )


class PoolMetrics(Collector):
    """Reads a connection pool when Prometheus collects."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the current metrics."""
        use = self._database.use()
        connections = GaugeMetricFamily(
            "faceserver_database_connections", "Open connections to PostgreSQL, `busy` or `idle`.", labels=["state"]
        )
        connections.add_metric(["busy"], use.open - use.idle)
        connections.add_metric(["idle"], use.idle)
        yield connections
        yield GaugeMetricFamily(
            "faceserver_database_connections_limit",
            "Maximum number of connections to PostgreSQL (`APISERVER_DATABASE_POOL_SIZE`).",
            use.limit,
        )
