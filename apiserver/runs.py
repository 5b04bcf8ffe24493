"""A worker's side of jobs: beginning one, telling how far it is, and clearing up after workers that died."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from apiserver.database import Database
from apiserver.problems import InternalError, Outage, Problem
from apiserver.resources import Resources

MOST_CRASHES = 5
"""A job in which so many workers died is not tried again: it may be what killed them."""

_WRITE_SECONDS = 1.0
"""Progress is written this often at most."""

# A job that a schedule asked for has no row yet.
_BEGIN = """
INSERT INTO jobs (number) VALUES ($1)
ON CONFLICT (number) DO UPDATE SET problem_code = NULL, problem = NULL
RETURNING job, directory, done, total, note
"""

_REPORT = "UPDATE jobs SET done = $2, total = $3, note = $4 WHERE number = $1"

_FAIL = "UPDATE jobs SET problem_code = $2, problem = $3 WHERE number = $1"

# The lock and the conditions are one statement's: a job that another worker has just taken up is left alone.
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

_FORGET = """
DELETE FROM procrastinate_jobs AS queue
WHERE status NOT IN ('todo', 'doing')
AND NOT EXISTS (SELECT FROM procrastinate_events WHERE job_id = queue.id AND at > now() - $1::interval)
"""

current_job: ContextVar[UUID | None] = ContextVar("current_job", default=None)
"""The job that this code runs for, for the log."""

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Run:
    """One run of a job. After a crash or a stop there is another one, which finds what the last one reported."""

    number: int
    job: UUID
    directory: str | None
    arguments: Mapping[str, Any]
    resources: Resources
    done: int
    total: int | None
    note: str | None
    _written_at: float = field(default=0.0, init=False)

    async def report(self, done: int, total: int | None = None, note: str | None = None) -> None:
        """Tell how far the job is; call it as often as you like. Raises DatabaseUnavailable.

        It is written once a second, so what a later run finds may be a little behind.
        """
        self.done, self.total, self.note = done, total, note
        if time.monotonic() - self._written_at >= _WRITE_SECONDS:
            await self.write()

    async def write(self) -> None:
        """Write what was reported."""
        async with self.resources.database.connection() as connection:
            await connection.execute(_REPORT, self.number, self.done, self.total, self.note)
        self._written_at = time.monotonic()


Task = Callable[[Run], Awaitable[None]]
"""What a kind of job does. It may be stopped at any point and run again, so it must bear to be."""


async def run_job(
    task: Task, resources: Resources, number: int, arguments: Mapping[str, Any], *, level: int = logging.INFO
) -> None:
    """Do the work of job `number`, saying so in the log at `level`.

    Raises what the task raises, having noted for whoever asks for the job why it failed, if it did.
    """
    run = await _begin(number, arguments, resources)
    current_job.set(run.job)
    _logger.log(level, "Begun, with %d done", run.done)
    try:
        await task(run)
        await run.write()
        _logger.log(level, "Done")
    except asyncio.CancelledError:
        _logger.info("Stopped, and handed back")
        raise
    except Outage as outage:
        _logger.warning("Put off: %s", outage)
        raise
    except Problem as problem:
        await _fail(run, problem)
        raise
    except Exception:
        await _fail(run, InternalError())
        raise


async def recover(database: Database, lost_seconds: float) -> None:
    """Have the jobs of workers that have not been heard of for so long run again. Raises DatabaseUnavailable."""
    verdict = InternalError(f"{MOST_CRASHES} workers died over this job.")
    async with database.connection() as connection:
        rows = await connection.fetch(
            _RECOVER, timedelta(seconds=lost_seconds), MOST_CRASHES, verdict.code, verdict.sentence
        )
    for row in rows:
        _logger.warning("A worker died over job %s, which makes %d", row["job"], row["crashes"])


async def forget_finished(database: Database, age: timedelta) -> None:
    """Forget the jobs that ended longer ago than `age`. Raises DatabaseUnavailable."""
    async with database.connection() as connection:
        await connection.execute(_FORGET, age)


async def _begin(number: int, arguments: Mapping[str, Any], resources: Resources) -> Run:
    async with resources.database.connection() as connection:
        row = await connection.fetchrow(_BEGIN, number)
    return Run(number, row["job"], row["directory"], arguments, resources, row["done"], row["total"], row["note"])


async def _fail(run: Run, problem: Problem) -> None:
    await run.write()
    async with run.resources.database.connection() as connection:
        await connection.execute(_FAIL, run.number, problem.code, problem.sentence)
