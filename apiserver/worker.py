"""`python -m apiserver.worker`: run jobs until SIGINT or SIGTERM."""

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

from apiserver import tasks
from apiserver.audit.sealing import SEAL_SECONDS, seal
from apiserver.background import background, repeat
from apiserver.database.pool import Pooler
from apiserver.jobs.queue import Lane, Pace, Runner, reduce_log, run_jobs
from apiserver.jobs.runs import Task, current_job, recover, run_job
from apiserver.problems import Problem
from apiserver.resources import Resources, open_resources, require_master_keys
from apiserver.settings.settings import Settings
from apiserver.storage.object_store import require_store
from apiserver.telemetry.worker import WorkerTelemetry, worker_telemetry
from serving.database_tls import warn_of_unverified
from serving.logs import configure_logging
from serving.resource_limits import disable_core_dumps, raise_file_limit
from serving.settings import read_settings

_ALIVE_SECONDS = 5.0
_PAUSE_SECONDS = 1.0
"""Between losing the database and connecting to it again."""

_logger = logging.getLogger("apiserver.worker")  # not __main__, which it is as a process


class _JobIds(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.correlation_id = str(current_job.get() or "-")
        return True


_NO_SESSIONS = (
    "A worker needs its own sessions, for the locks of index builds and for notifications of jobs: set "
    "APISERVER_DATABASE_URL of workers to the address of PostgreSQL itself, or of a pooler in session mode, and "
    "APISERVER_DATABASE_POOLER to none or session."
)


def main() -> int:
    """Run the worker and return the exit status."""
    disable_core_dumps()
    settings = read_settings(Settings)
    require_store(settings.image_store_url)
    require_master_keys(settings)
    if settings.database_pooler is Pooler.TRANSACTION:
        sys.stderr.write(f"{_NO_SESSIONS}\n")
        return 2
    raise_file_limit()
    return serve(settings, tasks.ON_REQUEST)


def serve(settings: Settings, on_request: Mapping[str, Task]) -> int:
    """Run the periodic jobs and those of `on_request` until a signal; return the exit status."""
    configure_logging(settings, _JobIds())
    reduce_log()
    warn_of_unverified(settings.database_url)
    with worker_telemetry(settings) as telemetry, suppress(asyncio.CancelledError):
        asyncio.run(_until_signal(work(settings, on_request, telemetry)))
    return 0


async def _until_signal(working: Coroutine[None, None, None]) -> None:
    task = asyncio.current_task()
    assert task  # noqa: S101
    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, _cancel_once(task))
    await working


def _cancel_once(task: asyncio.Task[None]) -> Callable[[], None]:
    def cancel() -> None:
        if not task.cancelling():
            _logger.info("Stopping")
            task.cancel()

    return cancel


async def work(settings: Settings, on_request: Mapping[str, Task], telemetry: WorkerTelemetry) -> None:
    """Run jobs until cancelled, also after outages of the database."""
    pace = Pace(settings.job_lost_seconds, settings.shutdown_timeout_seconds)
    async with (
        open_resources(
            settings,
            name="worker",
            waited=telemetry.waited,
            statement_ended=telemetry.statement_ended,
            traced_hop=telemetry.traced_hop,
        ) as resources,
        telemetry.of(resources),
    ):
        sealing = repeat(lambda: seal(resources.database), SEAL_SECONDS)
        recovering = repeat(lambda: recover(resources.database, pace.lost_seconds), pace.heartbeat_seconds)
        async with (
            background(recovering),
            background(sealing),
            _shown_alive(settings.worker_alive_file, min(pace.heartbeat_seconds, _ALIVE_SECONDS)),
        ):
            await _keep_running(resources, _lanes(on_request, resources, telemetry), pace)


async def _keep_running(resources: Resources, lanes: list[Lane], pace: Pace) -> None:
    dsn = resources.settings.database_url.get_secret_value()
    reported = ""
    while True:
        try:
            await resources.database.check_schema()
            _logger.info("Taking jobs")
            reported = ""
            await run_jobs(dsn, lanes, pace)
        except Problem as problem:
            if reported != problem.sentence:  # one line for each outage
                reported = problem.sentence
                _logger.warning("Taking no jobs: %s", reported)
        await asyncio.sleep(_PAUSE_SECONDS)


def _lanes(on_request: Mapping[str, Task], resources: Resources, telemetry: WorkerTelemetry) -> list[Lane]:
    upkeep = {kind: periodic.task for kind, periodic in tasks.UPKEEP.items()}
    crons = {kind: periodic.cron for kind, periodic in tasks.UPKEEP.items()}
    # No kind waits for another: neither the receipts of deletions nor exports wait for imports.
    requested = [
        Lane(kind, {kind: runner}, resources.settings.worker_jobs, crons={})
        for kind, runner in _runners(on_request, resources, telemetry, logging.INFO).items()
    ]
    return [*requested, Lane("upkeep", _runners(upkeep, resources, telemetry, logging.DEBUG), len(upkeep), crons)]


def _runners(
    tasks: Mapping[str, Task], resources: Resources, telemetry: WorkerTelemetry, level: int
) -> dict[str, Runner]:
    return {kind: telemetry.over(kind, partial(run_job, task, resources, level=level)) for kind, task in tasks.items()}


@asynccontextmanager
async def _shown_alive(file: Path | None, seconds: float) -> AsyncIterator[None]:
    """Touch `file` every few seconds: if it grows old, the process hangs."""
    if file is None:
        yield
        return

    async def touch() -> None:
        await asyncio.to_thread(file.touch)

    await touch()
    try:
        async with background(repeat(touch, seconds)):
            yield
    finally:
        await asyncio.to_thread(file.unlink, missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
