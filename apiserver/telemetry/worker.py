"""Metrics and optional traces of a worker."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from prometheus_client import Counter, Gauge, Histogram

from apiserver.background import background, repeat
from apiserver.database.opening import StatementEnded
from apiserver.jobs.turns import TurnOver
from apiserver.problems import Outage, QuotaSpent
from apiserver.resources import Resources
from apiserver.settings.settings import Settings
from apiserver.telemetry.database import PoolMetrics, database_wait
from apiserver.telemetry.limits import UsageMetrics
from apiserver.telemetry.shared import REFRESH_SECONDS, SharedMetrics
from apiserver.vectorizers.exchange import TracedHop
from serving.metrics_port import metrics_served, new_registry

if TYPE_CHECKING:
    from serving.tracing import Spans

_OUTCOMES = ("done", "failed", "put-off", "turn-over", "stopped")
_SECONDS = (0.1, 1, 5, 15, 60, 300, 900, 3600, 14_400)

Runner = Callable[[int, Mapping[str, Any]], Awaitable[None]]


class WorkerMetrics:
    """The metrics of one worker."""

    def __init__(self) -> None:
        self.registry = new_registry()
        self.database_wait = database_wait(self.registry)
        self._runs = Counter(
            "faceserver_worker_runs_total",
            "Ended runs of jobs by outcome: `done`, `failed`, `put-off` (outage, or a quota is used up), `turn-over` "
            "(continues after others), or `stopped` with the worker.",
            ["kind", "outcome"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "faceserver_worker_run_seconds",
            "Duration of a run of a job.",
            ["kind"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._running = Gauge(
            "faceserver_worker_running", "Jobs that this worker is currently running.", ["kind"], registry=self.registry
        )

    def counted(self, kind: str, runner: Runner) -> Runner:
        """Wrap `runner` to count its runs."""
        for outcome in _OUTCOMES:  # start at 0, so that rate() sees the first failure
            self._runs.labels(kind, outcome)

        async def run(job_id: int, arguments: Mapping[str, Any]) -> None:
            begun, outcome = time.perf_counter(), "failed"
            try:
                with self._running.labels(kind).track_inprogress():
                    await runner(job_id, arguments)
                outcome = "done"
            except asyncio.CancelledError:
                outcome = "stopped"
                raise
            except (Outage, QuotaSpent):
                outcome = "put-off"
                raise
            except TurnOver:
                outcome = "turn-over"
                raise
            finally:
                self._runs.labels(kind, outcome).inc()
                self._seconds.labels(kind).observe(time.perf_counter() - begun)

        return run


class WorkerTelemetry:
    """The metrics and spans of one worker."""

    def __init__(self, settings: Settings, spans: "Spans | None") -> None:
        self._settings = settings
        self._metrics = WorkerMetrics()
        self.registry = self._metrics.registry
        self._spans = spans
        self.waited = self._metrics.database_wait
        self.statement_ended: StatementEnded | None = None
        self.traced_hop: TracedHop | None = None
        if spans:
            from apiserver.telemetry.tracing import traced_hop, traced_sql  # noqa: PLC0415 - as below

            self.statement_ended = traced_sql(spans.tracer)
            self.traced_hop = traced_hop(spans.tracer)

    def over(self, kind: str, runner: Runner) -> Runner:
        """Wrap `runner` to count its runs and create spans for them."""
        counted = self._metrics.counted(kind, runner)
        return _traced(self._spans, kind, counted) if self._spans else counted

    @asynccontextmanager
    async def of(self, resources: Resources) -> AsyncIterator[None]:
        """Report metrics of the resources while the block runs; metrics that need queries only if a port is set."""
        database = resources.database
        self._metrics.registry.register(PoolMetrics(database))
        self._metrics.registry.register(UsageMetrics(resources.usage))
        if self._settings.worker_metrics_port is None:
            yield
            return
        shared = SharedMetrics(database, self._settings.image_store_url, encrypts=self._settings.encrypts)
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
