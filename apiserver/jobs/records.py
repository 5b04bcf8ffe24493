"""Jobs, for work that takes longer than a request: enqueue one, and read its progress.

Jobs are stored in procrastinate's tables. This module uses SQL instead of the library, so that a job can be enqueued
in the transaction that requires it, and the gateway needs neither the library nor its driver.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from apiserver.access.acts import current_act
from apiserver.access.grants import current_grant
from apiserver.database.pool import Database, Share
from apiserver.database.session import Connection
from apiserver.problems import JobCancelled, JobNotFound

# Each kind has its own queue, so that workers of an older release ignore kinds they do not know. The turn, which is the
# negative priority, is explained in `jobs.turns`: at least that of the running jobs or, if none runs, of the first
# that waits; one more than that of the directory's or the key's last job of the kind; and that of the jobs that this
# one waits for.
_ENQUEUE = """
WITH kind AS (
    SELECT id, priority, status FROM procrastinate_jobs WHERE queue_name = $1 AND status IN ('todo', 'doing')
), waiting AS (
    INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args, scheduled_at, priority)
    SELECT $1, $1, $2, $3, $4, $7, -coalesce(greatest(
        (SELECT coalesce(max(-priority) FILTER (WHERE status = 'doing'), min(-priority)) FROM kind),
        (SELECT max(1 - priority) FROM kind JOIN jobs ON number = id WHERE directory = $6),
        next_turn_of_key($1, $9),
        (SELECT max(-priority) FROM procrastinate_jobs WHERE lock = $2 AND status IN ('todo', 'doing'))
    ), 0)
    ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING
    RETURNING id
)
INSERT INTO jobs (number, job, directory, subject, key) SELECT id, $5, $6, $8, $9 FROM waiting RETURNING job
"""

_WAITING = """
SELECT job FROM jobs JOIN procrastinate_jobs AS queue ON queue.id = number
WHERE queueing_lock = $1 AND status = 'todo' FOR UPDATE OF queue
"""

_READ = """
SELECT job, task_name AS kind, directory, subject, status::text, done, total, note, problem_code, problem,
    min(at) FILTER (WHERE type = 'deferred') AS created_at,
    max(at) FILTER (WHERE type = 'started') AS started_at,
    max(at) FILTER (WHERE type IN ('succeeded', 'failed', 'cancelled', 'aborted')) AS finished_at
FROM jobs JOIN procrastinate_jobs AS queue ON queue.id = number JOIN procrastinate_events ON job_id = number
WHERE job = $1
GROUP BY job, queue.id
"""

# The partial index of unfinished jobs serves this; finished ones may be many.
_UNFINISHED = """
SELECT task_name AS kind, count(*) FILTER (WHERE status = 'doing') AS running,
    count(*) FILTER (WHERE status = 'todo' AND coalesce(scheduled_at, now()) <= now()) AS waiting,
    count(*) FILTER (WHERE status = 'todo' AND scheduled_at > now()) AS postponed
FROM procrastinate_jobs WHERE status IN ('todo', 'doing') GROUP BY task_name ORDER BY task_name
"""

# A worker stops a running job when it learns of the request, within seconds.
_CANCEL = """
WITH unfinished AS (
    SELECT number FROM jobs JOIN procrastinate_jobs AS queue ON queue.id = number
    WHERE job = $1 AND status IN ('todo', 'doing') FOR UPDATE OF queue
), told AS (
    UPDATE jobs SET problem_code = $2, problem = $3 FROM unfinished WHERE jobs.number = unfinished.number
)
SELECT procrastinate_cancel_job_v1(number, true, false) FROM unfinished
"""


class State(StrEnum):
    """State of a job."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


_STATE_OF_STATUS = {"todo": State.WAITING, "doing": State.RUNNING, "succeeded": State.DONE}


@dataclass(frozen=True, slots=True)
class Job:
    """A job. The unit of `done` and `total` depends on the kind; `note` and `problem` are sentences.

    subject: who asked for it; None for the service's own.
    """

    id: UUID
    kind: str
    directory: str | None
    state: State
    done: int
    total: int | None
    note: str | None
    problem_code: str | None
    problem: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    subject: str | None


@dataclass(frozen=True, slots=True)
class Unfinished:
    """How many jobs of a kind are not done. postponed: they start later, such as after an outage."""

    kind: str
    running: int
    waiting: int
    postponed: int


async def unfinished(database: Database) -> list[Unfinished]:
    """Return the kinds of which there are unfinished jobs. Raises DatabaseUnavailable."""
    async with database.unbound(Share.READS) as connection:
        return [Unfinished(**row) for row in await connection.fetch(_UNFINISHED)]


async def enqueue(
    connection: Connection,
    kind: str,
    *,
    directory: str | None = None,
    arguments: Mapping[str, Any] | None = None,
    deduplication_key: str | None = None,
    not_before: datetime | None = None,
    job: UUID | None = None,
    exclusive: bool = True,
) -> UUID:
    """Enqueue a job and return its id; the job can run after the transaction commits.

    arguments: must be serializable as JSON. directory: jobs of a kind are shared out by turns, among directories and
    among the keys whose calls ask for them.
    exclusive: exclusive jobs of one directory run one after the other, of whatever kind they are.
    deduplication_key: if a job with the same key is waiting, its id is returned instead; a running job does not count,
    since it may have missed the latest change. not_before: the job starts then or some seconds later. job: the id,
    chosen by the caller.
    """
    lock = f"directory {directory}" if exclusive and directory is not None else None
    written = json.dumps(arguments or {})
    subject = act.subject if (act := current_act()) else None
    while True:
        job_id: UUID | None = await connection.fetchval(
            _ENQUEUE,
            kind,
            lock,
            deduplication_key,
            written,
            job or uuid4(),
            directory,
            not_before,
            subject,
            current_grant().key,
        )
        job_id = job_id or await connection.fetchval(_WAITING, deduplication_key)
        if job_id:
            return job_id


async def read(database: Database, job: UUID) -> Job:
    """Return the job. Raises JobNotFound if it does not exist or its record has expired, or DatabaseUnavailable."""
    async with database.unbound(Share.READS) as connection:  # an address of a job names no directory
        row = await connection.fetchrow(_READ, job)
    if row is None:
        raise JobNotFound
    state = state_of(row["status"])
    return Job(
        id=row["job"],
        kind=row["kind"],
        directory=row["directory"],
        state=state,
        done=row["done"],
        total=row["total"],
        note=row["note"],
        problem_code=row["problem_code"] if state is State.FAILED else None,
        problem=row["problem"] if state is State.FAILED else None,
        created_at=row["created_at"],
        started_at=None if state is State.WAITING else row["started_at"],
        finished_at=row["finished_at"] if state in (State.DONE, State.FAILED) else None,
        subject=row["subject"],
    )


async def cancel(connection: Connection, job: UUID) -> None:
    """Have a job end before it is done; one that has ended stays as it is. The connection sees all directories."""
    await connection.fetch(_CANCEL, job, JobCancelled.code, JobCancelled.sentence)


def state_of(status: str) -> State:
    """Translate procrastinate's job status."""
    return _STATE_OF_STATUS.get(status, State.FAILED)
