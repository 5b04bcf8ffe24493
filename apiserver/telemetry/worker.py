"""Prometheus metrics of a worker."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from apiserver.problems import Outage
from apiserver.telemetry.pool_metrics import database_wait

_OUTCOMES = ("done", "failed", "put-off", "stopped")
_SECONDS = (0.1, 1, 5, 15, 60, 300, 900, 3600, 14_400)

Runner = Callable[[int, Mapping[str, Any]], Awaitable[None]]


class WorkerMetrics:
    """The metrics of one worker."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.database_wait = database_wait(self.registry)
        self._runs = Counter(
            "faceserver_worker_runs_total",
            "Ended runs of jobs by outcome: `done`, `failed`, `put-off` (outage), or `stopped` with the worker.",
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

        async def run(number: int, arguments: Mapping[str, Any]) -> None:
            begun, outcome = time.perf_counter(), "failed"
            try:
                with self._running.labels(kind).track_inprogress():
                    await runner(number, arguments)
                outcome = "done"
            except asyncio.CancelledError:
                outcome = "stopped"
                raise
            except Outage:
                outcome = "put-off"
                raise
            finally:
                self._runs.labels(kind, outcome).inc()
                self._seconds.labels(kind).observe(time.perf_counter() - begun)

        return run
