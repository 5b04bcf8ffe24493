"""Runs of jobs in a worker: start, progress, end, and recovery of jobs after a worker died."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from apiserver.access.acts import Act, set_current_act
from apiserver.access.binding import EVERY, bound_to
from apiserver.access.limits import Quota
from apiserver.access.metering import metered
from apiserver.database.pool import Database
from apiserver.jobs.turns import Turn, TurnOver
from apiserver.problems import InternalError, Outage, Problem, QuotaSpent
from apiserver.resources import Resources

MAX_CRASHES = 5
"""A job during which this many workers died is not run again: it may be the cause."""

_WRITE_SECONDS = 1.0
"""Minimum time between two writes of the progress."""

# A periodic job has no row in `jobs` yet.
_BEGIN = """
INSERT INTO jobs (number) VALUES ($1)
ON CONFLICT (number) DO UPDATE SET problem_code = NULL, problem = NULL
RETURNING job, directory, key, done, total, note, subject,
    (SELECT task_name FROM procrastinate_jobs WHERE id = $1) AS kind
"""

_REPORT = "UPDATE jobs SET done = $2, total = $3, note = $4 WHERE number = $1"

_FAIL = "UPDATE jobs SET problem_code = $2, problem = $3 WHERE number = $1"

# One statement checks the conditions and locks, so a job that another worker has just taken over is skipped.
_RECOVER = """
WITH lost AS (
    SELECT queue.id
    FROM procrastinate_jobs AS queue LEFT JOIN procrastinate_workers AS worker ON worker.id = queue.worker_id
    WHERE queue.status = 'doing' AND (worker.id IS NULL OR worker.last_heartbeat < now() - $1::interval)
    FOR UPDATE OF queue SKIP LOCKED
), counted AS (
    INSERT INTO jobs (number, crashes) SELECT id, 1 FROM lost
    ON CONFLICT (number) DO UPDATE SET crashes = jobs.crashes + 1,
        problem_code = CASE WHEN jobs.crashes + 1 >= $2 THEN $3 END,
        problem = CASE WHEN jobs.crashes + 1 >= $2 THEN $4 END
    RETURNING job, number, crashes
)
SELECT job, crashes, CASE WHEN crashes >= $2
    THEN procrastinate_finish_job_v1(number, 'failed', false)
    ELSE procrastinate_retry_job_v2(number, now(), NULL, NULL, NULL) END
FROM counted
"""

_DELETE_FINISHED = """
DELETE FROM procrastinate_jobs AS queue
WHERE status NOT IN ('todo', 'doing')
AND NOT EXISTS (SELECT FROM procrastinate_events WHERE job_id = queue.id AND at > now() - $1::interval)
"""

current_job: ContextVar[UUID | None] = ContextVar("current_job", default=None)
"""The current job, for the log."""

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Run:
    """One run of a job. After a crash or a stop, the next run starts with the progress last reported.

    subject: who asked for it; None for the service's own.
    key: whose call asked for the job, None for nobody's.
    """

    number: int
    job: UUID
    directory: str | None
    key: str | None
    arguments: Mapping[str, Any]
    resources: Resources
    done: int
    total: int | None
    note: str | None
    turn: Turn
    subject: str | None = None
    _written_at: float = field(default=0.0, init=False)

    async def report(self, done: int, total: int | None = None, note: str | None = None) -> None:
        """Report the progress, as often as convenient. Raises DatabaseUnavailable.

        The progress is written at most once a second, so a later run may find a slightly older one.
        """
        self.done, self.total, self.note = done, total, note
        if time.monotonic() - self._written_at >= _WRITE_SECONDS:
            await self.write()

    async def check_quotas(self, quotas: Iterable[Quota]) -> None:
        """Raise QuotaSpent, which postpones the job, if its key has spent one of the quotas. Or DatabaseUnavailable."""
        if self.key is not None:
            await self.resources.usage.check_key(self.key, quotas)

    async def write(self) -> None:
        """Write the reported progress."""
        async with self.resources.database.connection() as connection:
            await connection.execute(_REPORT, self.number, self.done, self.total, self.note)
        self._written_at = time.monotonic()


Task = Callable[[Run], Awaitable[None]]
"""The body of a job. It may be stopped at any point and run again, so it must be idempotent."""


async def run_job(
    task: Task, resources: Resources, number: int, arguments: Mapping[str, Any], *, level: int = logging.INFO
) -> None:
    """Run the job `number`, and log its start and end at `level`.

    Raises what the task raises, after recording the reason of a failure for clients.
    """
    run = await _begin(number, arguments, resources)
    current_job.set(run.job)
    _logger.log(level, "Job started; already done: %d", run.done)
    try:
        with bound_to(EVERY if run.directory is None else run.directory), metered(resources.usage.meter(run.key)):
            await task(run)
        await run.write()
        _logger.log(level, "Job done")
    except asyncio.CancelledError:
        _logger.info("Job stopped and returned to the queue")
        raise
    except TurnOver:
        await run.write()
        _logger.log(level, "Job interrupted: others wait")
        raise
    except (Outage, QuotaSpent) as outage:
        _logger.warning("Job postponed: %s", outage)
        raise
    except Problem as problem:
        await _fail(run, problem)
        raise
    except Exception:
        await _fail(run, InternalError())
        raise


async def recover(database: Database, lost_seconds: float) -> None:
    """Requeue the jobs of workers without a heartbeat for `lost_seconds`. Raises DatabaseUnavailable."""
    problem = InternalError(f"{MAX_CRASHES} workers died while they ran this job.")
    async with database.connection() as connection:
        rows = await connection.fetch(
            _RECOVER, timedelta(seconds=lost_seconds), MAX_CRASHES, problem.code, problem.sentence
        )
    for row in rows:
        _logger.warning("A worker died while it ran job %s (crash %d of this job)", row["job"], row["crashes"])


async def delete_finished(database: Database, age: timedelta) -> None:
    """Delete the records of jobs that ended longer than `age` ago. Raises DatabaseUnavailable."""
    async with database.connection() as connection:
        await connection.execute(_DELETE_FINISHED, age)


async def _begin(number: int, arguments: Mapping[str, Any], resources: Resources) -> Run:
    async with resources.database.connection() as connection:
        row = await connection.fetchrow(_BEGIN, number)
    turn = Turn(resources.database, number, resources.settings.job_turn_seconds)
    # The job acts for the caller that started it.
    set_current_act(Act(row["subject"] or "service", f"job {row['kind']}", "", str(row["job"])))
    progress = row["done"], row["total"], row["note"]
    return Run(number, row["job"], row["directory"], row["key"], arguments, resources, *progress, turn, row["subject"])


async def _fail(run: Run, problem: Problem) -> None:
    await run.write()
    async with run.resources.database.connection() as connection:
        await connection.execute(_FAIL, run.number, problem.code, problem.sentence)
