"""Runs jobs, and is the only place that knows procrastinate and psycopg."""

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

from apiserver.problems import DatabaseUnavailable, Outage, Refused

_MAX_DELAY_SECONDS = 60

Runner = Callable[[int, Mapping[str, Any]], Awaitable[None]]
"""Does one job, given its number and arguments. If it raises an Outage the job is put off; another error fails it."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How soon a worker that died is noticed, and what follows from it.

    A worker that lost the database must have ended its jobs by the time others think it dead and run them: it notices
    within three sixths of `lost_seconds` (a sixth to the next heartbeat, two for trying it twice) and then gives its
    jobs two more.
    """

    lost_seconds: float
    stop_seconds: float

    @property
    def heartbeat_seconds(self) -> float:
        """Time between two signs of life."""
        return self.lost_seconds / 6

    @property
    def grace_seconds(self) -> float:
        """How long jobs may go on when the worker has to stop."""
        return min(self.stop_seconds, self.lost_seconds / 3)


@dataclass(frozen=True, slots=True)
class Lane:
    """Jobs of some kinds, so many at once; `crons` says at what times which of them come by themselves."""

    name: str
    runners: Mapping[str, Runner]
    concurrency: int
    crons: Mapping[str, str]


async def run_jobs(dsn: str, lanes: list[Lane], pace: Pace) -> None:
    """Run the jobs of the lanes until cancelled, which gives those in work their grace and hands the others back.

    Raises DatabaseUnavailable when the queues can no longer be reached; whoever calls may call again.
    """
    app = _app(dsn, lanes, pace)
    try:
        await app.open_async()
        await _until_one_ends([_worker(app, lane, pace) for lane in lanes])
    except (ConnectorException, PoolTimeout) as error:
        raise DatabaseUnavailable from error
    finally:
        with suppress(ConnectorException):
            await app.close_async()


class _WithoutTrace(logging.Filter):
    """Takes from the lines about an outage, and about a job that was refused, the pages of where it was noticed."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, ConnectorException):
            record.msg, record.args = "The database is unavailable: %r", (error.__cause__,)
        elif isinstance(error, Refused | Outage):
            record.msg, record.args = "Not done: %s", (error,)
        else:
            return True
        record.exc_info = None
        return True


_WITHOUT_TRACE = _WithoutTrace()


def quieten() -> None:
    """Have the libraries log what an operator can use: neither every job of a schedule nor the same failure twice."""
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    logging.getLogger("procrastinate.worker").addFilter(_WITHOUT_TRACE)
    logging.getLogger("procrastinate.utils").setLevel(logging.CRITICAL)  # repeats what the worker's logger has said
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # warns of every attempt to connect


class _Connector(PsycopgConnector):
    """Says everything that has no answer twice if need be.

    A worker that could not note the end of a job would keep the job for as long as it lives. After a restart of
    PostgreSQL that is the first statement to notice; the second one waits for a connection.
    """

    async def execute_query_async(self, query: LiteralString, **arguments: Any) -> None:  # noqa: ANN401 - the library's
        try:
            await super().execute_query_async(query, **arguments)
        except ConnectorException:
            await super().execute_query_async(query, **arguments)


class _HandBack(BaseRetryStrategy):
    """Which jobs are run again: those that were stopped, at once, and those that met an outage, after a while."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, asyncio.CancelledError):
            return RetryDecision(retry_in={"seconds": 0})
        if isinstance(exception, Outage):
            return RetryDecision(retry_in={"seconds": min(_MAX_DELAY_SECONDS, 2 ** min(job.attempts, 10))})
        return None


def _app(dsn: str, lanes: list[Lane], pace: Pace) -> App:
    app = App(connector=_connector(dsn, pace))
    for lane in lanes:
        for kind, runner in lane.runners.items():
            _register(app, lane, kind, runner)
    return app


def _connector(dsn: str, pace: Pace) -> PsycopgConnector:
    seconds = max(2, round(pace.heartbeat_seconds))  # libpq takes whole ones
    return _Connector(
        conninfo=dsn,
        min_size=1,
        max_size=4,
        timeout=pace.heartbeat_seconds,
        kwargs={
            "application_name": "worker",
            "connect_timeout": seconds,
            "tcp_user_timeout": 1000 * seconds,
            "prepare_threshold": None,  # nothing that a pooler between us and PostgreSQL would lose
        },
    )


def _register(app: App, lane: Lane, kind: str, runner: Runner) -> None:
    async def run(context: JobContext, /, **arguments: Any) -> None:  # noqa: ANN401 - whatever the job was given
        assert context.job.id is not None  # noqa: S101
        await runner(context.job.id, arguments)

    task = app.task(name=kind, queue=kind, pass_context=True, retry=_HandBack())(run)
    if kind in lane.crons:
        periodic = app.periodic(cron=lane.crons[kind], queueing_lock=kind, lock=kind)
        periodic(task)  # type: ignore[arg-type]  # it wants a function that names the timestamp it is given


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
        # A failed job of a schedule is in the log, and there is a next one: nobody asks for it by its id.
        delete_jobs="always" if lane.crons else "never",
    )


async def _until_one_ends(works: list[Awaitable[None]]) -> None:
    """Return when one of the works does, having ended the others in good order; raise what one raised."""
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
