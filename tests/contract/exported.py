"""Every metric of the services, from the objects that export them."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.metrics_core import Metric

import apiserver.telemetry.gateway
import vectorizer.metrics
from apiserver.app import create_app
from apiserver.database.opening import open_database
from apiserver.settings.settings import Settings
from apiserver.telemetry.database import PoolMetrics
from apiserver.telemetry.shared import SharedMetrics
from apiserver.telemetry.worker import WorkerMetrics
from serving.http_server.connection_metrics import ConnectionMetrics
from serving.http_server.connections import Connections
from vectorizer.decoding.budget import Limits
from vectorizer.gpu_memory import GpuMemory
from vectorizer.lane_metrics import LaneMetrics
from vectorizer.lanes import Lanes
from vectorizer.networks.models import Engine, ModelSource

NOWHERE = "postgresql:///nowhere"
ENDINGS = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"], "info": ["_info"], "gauge": [""]}


class Exported(NamedTuple):
    """A metric, by its name in a query."""

    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str

    @property
    def samples(self) -> list[str]:
        """The names of the metric's series."""
        stem = self.name.removesuffix("_total").removesuffix("_info")
        return [stem + ending for ending in ENDINGS[self.kind]]


async def gateway() -> list[Exported]:
    """Return what a gateway exports, which finds no neighbour here."""
    metrics = apiserver.telemetry.gateway.Metrics()
    metrics.registry.register(ConnectionMetrics("gateway", Connections(1)))
    app = create_app(Settings(database_url=NOWHERE, image_store_url="memory:///"), metrics)
    async with app.router.lifespan_context(app):
        return list(_exported(metrics.registry))


async def worker(folder: Path) -> list[Exported]:
    """Return the metrics of a worker; its database is unreachable."""
    metrics = WorkerMetrics()
    async with open_database(NOWHERE, pool_size=1, timeout_seconds=1) as database:
        metrics.registry.register(PoolMetrics(database))
        metrics.registry.register(SharedMetrics(database, folder.as_uri()))
        return list(_exported(metrics.registry))


def vectorizers(cache: Path) -> list[Exported]:
    """Return the metrics of a vectorizer, with those of a GPU."""
    metrics = vectorizer.metrics.Metrics()
    lanes = Lanes(
        ModelSource.find("opencv", cache, Engine(runtime="onnxruntime")),
        Limits(1, 1),
        lanes=1,
        waiting=0,
        metrics=metrics,
    )
    metrics.registry.register(LaneMetrics(lanes))
    metrics.registry.register(ConnectionMetrics("vectorizer", Connections(1)))
    metrics.registry.register(GpuMemory())
    try:
        return list(_exported(metrics.registry))
    finally:
        lanes.close()


def _exported(registry: CollectorRegistry) -> Iterator[Exported]:
    for collector in registry._collector_to_names:
        for family in collector.collect():
            labels = collector._labelnames if isinstance(collector, MetricWrapperBase) else _labels(family)
            ending = {"counter": "_total", "info": "_info"}.get(family.type, "")
            yield Exported(f"{family.name}{ending}", family.type, tuple(labels), family.documentation)


def _labels(family: Metric) -> tuple[str, ...]:
    return tuple(getattr(family, "_labelnames", ())) or tuple(
        dict.fromkeys(label for sample in family.samples for label in sample.labels)
    )
