"""What each kind of job does."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from apiserver.retention import sweep
from apiserver.runs import Run, Task, forget_finished


@dataclass(frozen=True, slots=True)
class Periodic:
    """A task that comes by itself: at the times of `cron`, in UTC, once for all workers together."""

    task: Task
    cron: str


async def remove_expired_images(run: Run) -> None:
    """Remove the images whose time is over."""
    await run.report(await sweep(run.resources.images))


async def forget_jobs(run: Run) -> None:
    """Forget the jobs that ended long ago."""
    await forget_finished(run.resources.database, timedelta(hours=run.resources.settings.job_retention_hours))


ON_REQUEST: Mapping[str, Task] = {}
"""By kind, the tasks that somebody asks for."""

UPKEEP: Mapping[str, Periodic] = {
    "retention": Periodic(remove_expired_images, cron="* * * * *"),
    "forgetting": Periodic(forget_jobs, cron="0 * * * *"),
}
"""By kind, the tasks that come by themselves. They are short: none of them waits for one of the others."""
