"""Jobs on behalf of a key: whether it may still do what the job does is asked again when the job runs."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress

from apiserver.access.scopes import Scope
from apiserver.jobs.runs import Run, Task
from apiserver.keys import records
from apiserver.problems import Outage, RightLost

_PAUSE_SECONDS = 1.0
_KEY = "key:"

Needed = Callable[[Run], Iterable[Scope]]
"""Returns the scopes that a run needs."""


def on_behalf(task: Task, needed: Needed) -> Task:
    """Return a task that runs only while the caller that started it has the scopes, in the directory of the job.

    It raises RightLost. What callers without a key asked for is done.
    """

    async def run_allowed(run: Run) -> None:
        await _require(run, needed)
        work = asyncio.ensure_future(task(run))
        try:
            while not (await asyncio.wait({work}, timeout=_PAUSE_SECONDS))[0]:
                with suppress(Outage):  # the task meets it, too
                    await _require(run, needed)
        finally:
            if not work.done():
                work.cancel()
                await asyncio.wait({work})
        work.result()

    return run_allowed


async def _require(run: Run, needed: Needed) -> None:
    """Raise RightLost if a key asked for the job and may no longer do it."""
    if run.subject is None or not run.subject.startswith(_KEY):
        return
    async with run.resources.database.unbound() as connection:
        found = await records.find(connection, run.subject.removeprefix(_KEY))
    if found is None or not found.is_usable(records.now()) or not found.scopes >= {*needed(run)}:
        raise RightLost
    if run.directory is not None and not found.reach.covers(run.directory):
        raise RightLost
