"""Long work that outlives a request: asking for it, and seeing how far it is.

A job waits in procrastinate's tables, which the worker's library reads; here they are written and read in SQL, so that
a job can be asked for in the transaction that makes it necessary, and whoever asks needs neither library nor driver.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from apiserver.database import Connection, Database
from apiserver.problems import JobNotFound

# Each kind is a queue: a worker of an older release leaves the kinds alone that it does not know.
_ENQUEUE = """
WITH waiting AS (
    INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args, scheduled_at)
    VALUES ($1, $1, $2, $3, $4, $7)
    ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING
    RETURNING id
)
INSERT INTO jobs (number, job, directory) SELECT id, $5, $6 FROM waiting RETURNING job
"""

_WAITING = """
SELECT job FROM jobs JOIN procrastinate_jobs AS queue ON queue.id = number
WHERE queueing_lock = $1 AND status = 'todo' FOR UPDATE OF queue
"""

_READ = """
SELECT job, task_name AS kind, directory, status::text, done, total, note, problem_code, problem,
    min(at) FILTER (WHERE type = 'deferred') AS created_at,
    max(at) FILTER (WHERE type = 'started') AS started_at,
    max(at) FILTER (WHERE type IN ('succeeded', 'failed', 'cancelled', 'aborted')) AS finished_at
FROM jobs JOIN procrastinate_jobs AS queue ON queue.id = number JOIN procrastinate_events ON job_id = number
WHERE job = $1
GROUP BY job, queue.id
"""


class State(StrEnum):
    """Where a job is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


_STATE_OF_STATUS = {"todo": State.WAITING, "doing": State.RUNNING, "succeeded": State.DONE}


@dataclass(frozen=True, slots=True)
class Job:
    """What is known of a job. `done` of `total` is in units of the kind's own; `note` and `problem` are sentences."""

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


async def enqueue(
    connection: Connection,
    kind: str,
    *,
    directory: str | None = None,
    arguments: Mapping[str, Any] | None = None,
    once: str | None = None,
    not_before: datetime | None = None,
    job: UUID | None = None,
) -> UUID:
    """Ask for a job and return its id, `job` if that is given; it waits from when the transaction commits.

    `arguments` can be written as JSON. Jobs of one `directory` run one after the other, whatever their kinds. While a
    job of the same `once` waits, it is that job which is returned; one that is already running does not count, for what
    asked for another may have come too late for it. It begins at `not_before` or up to some seconds later.
    """
    lock = None if directory is None else f"directory {directory}"
    written = json.dumps(arguments or {})
    while True:
        asked: UUID | None = await connection.fetchval(
            _ENQUEUE, kind, lock, once, written, job or uuid4(), directory, not_before
        )
        asked = asked or await connection.fetchval(_WAITING, once)
        if asked:
            return asked


async def read(database: Database, job: UUID) -> Job:
    """Return the job. Raises JobNotFound where there is none, or none any more, and DatabaseUnavailable."""
    async with database.connection() as connection:
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
    )


def state_of(status: str) -> State:
    """Return what the library's `status` of a job means."""
    return _STATE_OF_STATUS.get(status, State.FAILED)
