"""Execution of jobs; the only module that uses procrastinate and psycopg."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, LiteralString

from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job
from psycopg_pool import PoolTimeout

from apiserver.jobs.turns import TurnOver
from apiserver.problems import DatabaseUnavailable, Outage, QuotaSpent, Refused

_MAX_DELAY_SECONDS = 60
_MAX_QUOTA_DELAY_SECONDS = 300
"""The limit of the key may be raised before the day ends."""

Runner = Callable[[int, Mapping[str, Any]], Awaitable[None]]
"""Runs one job, given its number and arguments.

An Outage postpones the job, TurnOver puts it behind the others that wait; any other error fails it.
"""


@dataclass(frozen=True, slots=True)
class Pace:
    """Time limits for the detection of dead workers.

    A worker that lost the database must end its jobs before others consider it dead and run them again. It notices
    the loss within three sixths of `lost_seconds` (one until the next heartbeat, two for two attempts at it) and then
    gives its jobs another two sixths.
    """

    lost_seconds: float
    stop_seconds: float

    @property
    def heartbeat_seconds(self) -> float:
        """Time between two heartbeats."""
        return self.lost_seconds / 6

    @property
    def grace_seconds(self) -> float:
        """How long jobs may continue when the worker has to stop."""
        return min(self.stop_seconds, self.lost_seconds / 3)


@dataclass(frozen=True, slots=True)
class Lane:
    """Job kinds that share a limit of concurrency; `crons` gives the schedules of periodic kinds."""

    name: str
    runners: Mapping[str, Runner]
    concurrency: int
    crons: Mapping[str, str]


async def run_jobs(dsn: str, lanes: list[Lane], pace: Pace) -> None:
    """Run the jobs of the lanes until cancelled. On cancellation, running jobs get their grace period.

    Jobs that do not end in time return to the queue. Raises DatabaseUnavailable when the queues cannot be reached;
    the caller may call again.
    """
    connector = _connector(dsn, pace)
    app = _app(connector, lanes)
    try:
        await app.open_async()
        await _until_one_ends([connector.fail(), *(_worker(app, lane, pace) for lane in lanes)])
    except (ConnectorException, PoolTimeout) as error:
        raise DatabaseUnavailable from error
    finally:
        with suppress(ConnectorException):
            await app.close_async()


class _WithoutTrace(logging.Filter):
    """Removes the stack trace from log records about an outage or a refused job."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, ConnectorException):
            record.msg, record.args = "The database is unavailable: %r", (error.__cause__,)
        elif isinstance(error, Refused | Outage):
            record.msg, record.args = "The job was not done: %s", (error,)
        else:
            return True
        record.exc_info = None
        return True


_WITHOUT_TRACE = _WithoutTrace()


def reduce_log() -> None:
    """Reduce the libraries' log to what operators need: no line for each periodic job, and no failure twice."""
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    logging.getLogger("procrastinate.worker").addFilter(_WITHOUT_TRACE)
    logging.getLogger("procrastinate.utils").setLevel(logging.CRITICAL)  # repeats messages of the worker's logger
    # procrastinate does not ask the task of a job whose end cannot be recorded for its error; _Connector notes it.
    logging.getLogger("asyncio").addFilter(_WITHOUT_TRACE)
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # warns about every attempt to connect


class _Connector(PsycopgConnector):
    """Retries statements without a result once, and tells when that fails too.

    A worker that fails to record the end of a job would keep the job as long as it lives. After a restart of
    PostgreSQL this statement is the first to fail on a closed connection; the retry waits for a new one. If there is
    none, the workers have to end, though their heartbeats may come through: their jobs are then recovered.
    """

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - the library's
        super().__init__(**options)
        self._failed = asyncio.Event()

    async def execute_query_async(self, query: LiteralString, **arguments: Any) -> None:  # noqa: ANN401 - the library's
        try:
            await super().execute_query_async(query, **arguments)
        except ConnectorException:
            try:
                await super().execute_query_async(query, **arguments)
            except ConnectorException:
                self._failed.set()
                raise

    async def fail(self) -> None:
        """Raise DatabaseUnavailable as soon as a statement has failed twice."""
        await self._failed.wait()
        raise DatabaseUnavailable


class _Retries(BaseRetryStrategy):
    """Retries stopped jobs and those whose turn is over at once, others after a delay: of an outage, or of a quota."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, asyncio.CancelledError | TurnOver):
            return RetryDecision(retry_in={"seconds": 0})
        if isinstance(exception, QuotaSpent):
            return RetryDecision(retry_in={"seconds": min(_MAX_QUOTA_DELAY_SECONDS, exception.retry_after_seconds)})
        if isinstance(exception, Outage):
            return RetryDecision(retry_in={"seconds": min(_MAX_DELAY_SECONDS, 2 ** min(job.attempts, 10))})
        return None


def _app(connector: _Connector, lanes: list[Lane]) -> App:
    app = App(connector=connector)
    for lane in lanes:
        for kind, runner in lane.runners.items():
            _register(app, lane, kind, runner)
    return app


def _connector(dsn: str, pace: Pace) -> _Connector:
    seconds = max(2, round(pace.heartbeat_seconds))  # libpq accepts only integers
    return _Connector(
        conninfo=dsn,
        min_size=1,
        max_size=4,
        timeout=pace.heartbeat_seconds,
        kwargs={
            "application_name": "worker",
            "connect_timeout": seconds,
            "tcp_user_timeout": 1000 * seconds,
            "prepare_threshold": None,  # prepared statements do not survive a transaction pooler
        },
    )


def _register(app: App, lane: Lane, kind: str, runner: Runner) -> None:
    async def run(context: JobContext, /, **arguments: Any) -> None:  # noqa: ANN401 - any JSON values
        assert context.job.id is not None  # noqa: S101
        await runner(context.job.id, arguments)

    task = app.task(name=kind, queue=kind, pass_context=True, retry=_Retries())(run)
    if kind in lane.crons:
        periodic = app.periodic(cron=lane.crons[kind], queueing_lock=kind, lock=kind)
        periodic(task)  # type: ignore[arg-type]  # its type requires a parameter named `timestamp`


async def _worker(app: App, lane: Lane, pace: Pace) -> None:
    logging.getLogger(f"procrastinate.worker.{lane.name}").addFilter(_WITHOUT_TRACE)
    await app.run_worker_async(
        name=lane.name,
        queues=list(lane.runners),
        concurrency=lane.concurrency,
        shutdown_graceful_timeout=pace.grace_seconds,
        update_heartbeat_interval=pace.heartbeat_seconds,
        stalled_worker_timeout=pace.lost_seconds,
        install_signal_handlers=False,
        # A failed periodic job is in the log and will run again; no client asks for it by id.
        delete_jobs="always" if lane.crons else "never",
    )


async def _until_one_ends(works: list[Awaitable[None]]) -> None:
    """Run all works until one of them ends, then cancel and await the others. Raises the first error of any."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
