"""`python -m tests.integration.apiserver.counting_worker`: a worker with tasks whose every step can be seen.

Its tasks write each step, with the process it was made in, to the table `steps` of the test.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from apiserver.jobs.runs import Run
from apiserver.problems import ImageStoreUnavailable, InvalidField
from apiserver.settings.settings import Settings
from apiserver.worker import serve
from serving.settings import read_settings

STEPS = "CREATE TABLE steps (job uuid, step bigint, process integer, at timestamptz DEFAULT clock_timestamp())"


async def _step(run: Run) -> None:
    async with run.resources.database.unbound() as connection:
        await connection.execute(
            "INSERT INTO steps (job, step, process) VALUES ($1, $2, $3)", run.job, run.done, os.getpid()
        )


async def count(run: Run) -> None:
    """Count on from what is done, one number each `pause` seconds, at `hold` only once there is the file `go`."""
    for step in range(run.done, run.arguments["to"]):
        await run.report(step, run.arguments["to"], f"At {step}.")
        if step == run.arguments.get("hold"):
            await run.write()  # before the step, which a test may wait for
        await _step(run)
        if step == run.arguments.get("hold"):
            await _appears(run.arguments["go"])
        await asyncio.sleep(run.arguments.get("pause", 0.0))
    await run.report(run.arguments["to"], run.arguments["to"], "Counted.")


async def _appears(file: str) -> None:
    while not await asyncio.to_thread(Path(file).exists):  # noqa: ASYNC110 - another process makes it
        await asyncio.sleep(0.02)


async def scribble(run: Run) -> None:
    """Write the process's number into a file, without asking the database for anything, until there is `enough`."""
    while not await asyncio.to_thread(Path(run.arguments["enough"]).exists):
        await asyncio.to_thread(_append, run.arguments["file"], f"{os.getpid()}\n")
        await asyncio.sleep(0.02)


def _append(file: str, text: str) -> None:
    with Path(file).open("a") as opened:
        opened.write(text)


async def refuse(_: Run) -> None:
    """Meet a problem that the same job will meet again."""
    raise InvalidField("There is no such album.")


async def blunder(_: Run) -> None:
    """Have a mistake in it."""
    raise ZeroDivisionError


async def meet_an_outage(run: Run) -> None:
    """Miss the image store the first time."""
    await _step(run)
    if run.done == 0:
        run.done = 1
        await run.write()
        raise ImageStoreUnavailable


async def die(run: Run) -> None:
    """Take the worker along."""
    await _step(run)
    os.kill(os.getpid(), signal.SIGKILL)


TASKS = {
    "count": count,
    "scribble": scribble,
    "refuse": refuse,
    "blunder": blunder,
    "outage": meet_an_outage,
    "die": die,
}

if __name__ == "__main__":
    sys.exit(serve(read_settings(Settings), TASKS))
