"""Metrics and optional traces of a worker."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from apiserver.background import background, repeat
from apiserver.database import Database, StatementEnded
from apiserver.settings import Settings
from apiserver.telemetry.metrics_listener import metrics_served
from apiserver.telemetry.pool_metrics import PoolMetrics
from apiserver.telemetry.shared import REFRESH_SECONDS, SharedMetrics
from apiserver.telemetry.worker import Runner, WorkerMetrics
from apiserver.vectorizers.exchange import TraceConfig

if TYPE_CHECKING:
    from serving.tracing import Spans


class WorkerTelemetry:
    """The metrics and spans of one worker."""

    def __init__(self, settings: Settings, spans: "Spans | None") -> None:
        self._settings = settings
        self._metrics = WorkerMetrics()
        self.registry = self._metrics.registry
        self._spans = spans
        self.waited = self._metrics.database_wait.observe
        self.statement_ended: StatementEnded | None = None
        self.hops: list[TraceConfig] = []
        if spans:
            from apiserver.telemetry.traced_hop import traced_hop  # noqa: PLC0415 - as below
            from apiserver.telemetry.traced_sql import traced_sql  # noqa: PLC0415

            self.statement_ended = traced_sql(spans.tracer)
            self.hops = [traced_hop(spans.tracer)]

    def over(self, kind: str, runner: Runner) -> Runner:
        """Wrap `runner` to count its runs and create spans for them."""
        counted = self._metrics.counted(kind, runner)
        return _traced(self._spans, kind, counted) if self._spans else counted

    @asynccontextmanager
    async def of(self, database: Database) -> AsyncIterator[None]:
        """Report metrics of `database` while the block runs; metrics that need queries only if a port is set."""
        self._metrics.registry.register(PoolMetrics(database))
        if self._settings.worker_metrics_port is None:
            yield
            return
        shared = SharedMetrics(database, self._settings.image_store_url)
        self._metrics.registry.register(shared)
        async with background(repeat(shared.refresh, REFRESH_SECONDS, at_once=True)):
            yield


def _traced(spans: "Spans", kind: str, runner: Runner) -> Runner:
    """Wrap `runner` to create a span for each run of a job of this kind."""

    async def run(job_id: int, arguments: Mapping[str, Any]) -> None:
        with spans.tracer.start_as_current_span(f"job {kind}"):
            await runner(job_id, arguments)

    return run


@contextmanager
def worker_telemetry(settings: Settings) -> Iterator[WorkerTelemetry]:
    """Yield the telemetry of a worker, and serve its metrics in the block. May end the process with a message."""
    spans = None
    if settings.otlp_endpoint:
        from serving.tracing import open_tracing  # noqa: PLC0415 - imported only if traces are enabled

        spans = open_tracing(settings.otlp_endpoint, "faceserver-worker")
    telemetry = WorkerTelemetry(settings, spans)
    with metrics_served(telemetry.registry, settings.metrics_host, settings.worker_metrics_port):
        try:
            yield telemetry
        finally:
            if spans:
                spans.close()
