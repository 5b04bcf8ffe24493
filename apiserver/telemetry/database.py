"""Metrics of the connections to PostgreSQL, for gateway and worker."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from apiserver.database.pool import Database, Share, Waited
from serving.metrics_port import SHORT_SECONDS


def database_wait(registry: CollectorRegistry) -> Waited:
    """Return what is called with each wait for a connection, and fills a histogram."""
    histogram = Histogram(
        "faceserver_database_wait_seconds",
        "Time until a connection to PostgreSQL was available for a share of the pool (`recognition`, `reads`, `long`); "
        "waits that timed out are not counted.",
        ["share"],
        buckets=SHORT_SECONDS,
        registry=registry,
    )
    of_share = {share: histogram.labels(share) for share in Share}
    return lambda share, seconds: of_share[share].observe(seconds)


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
