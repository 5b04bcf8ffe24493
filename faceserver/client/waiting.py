"""Waiting for jobs and deletions, which continue in the service after their request."""

from collections.abc import Iterator
from typing import TypeAlias

from faceserver.client.call import Call, json_of, url_path
from faceserver.client.results import Deletion, Job, StartedJob
from faceserver.errors import JobFailed

Work: TypeAlias = StartedJob | Job | str
"""A job, or its id."""

_FIRST_PAUSE_SECONDS = 0.05
_MAX_PAUSE_SECONDS = 2.0


def progress_call(work: Work | Deletion) -> Call[Job | Deletion]:
    """Return the call that gives the progress of a job or a deletion."""
    if isinstance(work, Deletion):
        return Call("GET", url_path("deletions", work.deletion), json_of(Deletion))
    return Call("GET", url_path("jobs", work if isinstance(work, str) else work.job), json_of(Job))


def is_finished(work: Job | Deletion) -> bool:
    """Tell whether the work is done. Raises JobFailed."""
    if isinstance(work, Job) and work.problem and work.state == "failed":
        raise JobFailed(work.problem.detail, work.problem.code, work.job)
    return work.finished_at is not None


def pauses() -> Iterator[float]:
    """Yield the seconds between one call and the next, without end."""
    pause = _FIRST_PAUSE_SECONDS
    while True:
        yield pause
        pause = min(2 * pause, _MAX_PAUSE_SECONDS)
