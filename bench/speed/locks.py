"""What keys, the audit and row-level security cost: a stack with them and one without, in turn.

python -m bench locks --models ../shared/models/buffalo_sc --photographs lfw
"""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from itertools import cycle
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import asyncpg
import httpx
import typer

from bench.harness.load import Client
from bench.harness.loaded import Load, closed
from bench.harness.options import DATA, RESULTS, Concurrency, Data, Models, People, Photographs, Results, Seconds
from bench.harness.processes import total
from bench.harness.provenance import SPEED_PACKAGES, provenance
from bench.harness.records import write
from bench.harness.stack import RunningStack, started
from bench.harness.uploads import Upload, enrolments
from bench.photographs.sets import read_set, set_name
from faceserver.standalone.postgres import running_dsn

_WITHOUT = ("APISERVER_AUDIT_RECOGNITIONS=none",)
_WITH = (
    "APISERVER_REQUIRE_KEYS=true",
    "APISERVER_AUDIT_RECOGNITIONS=all",
    "APISERVER_KEY_REQUESTS_PER_MINUTE=1000000",
    "APISERVER_KEY_REQUESTS_PER_DAY=1000000000",
    "APISERVER_KEY_REQUESTS_IN_PROGRESS=1000",
)
# Connections that are opened afterwards are not bound.
_UNPROTECT = "DROP POLICY of_directory ON faces"
_RECONNECT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL
"""


def measure(
    *,
    models: Models = "opencv",
    photographs: Photographs = "lfw",
    people: People = 100,
    rounds: int = 5,
    concurrency: Concurrency = 8,
    seconds: Seconds = 10,
    data: Data = DATA,
    results: Results = RESULTS,
) -> None:
    """Recognize at both stacks in turn, and compare turn by turn."""
    images = read_set(photographs, data)
    with _stack(models, _WITHOUT) as (without, _), _stack(models, _WITH) as (with_, key):
        _unprotect(without)
        asyncio.run(_enrol(without, enrolments(data / "lfw-dev", people)))
        asyncio.run(_enrol(with_, enrolments(data / "lfw-dev", people, key=key)))
        open_uploads = cycle([Upload("/recognize", image) for image in images])
        locked_uploads = cycle([Upload("/recognize", image, key=key) for image in images])
        turns = [
            (closed(without, open_uploads, concurrency, seconds), closed(with_, locked_uploads, concurrency, seconds))
            for _ in range(rounds)
        ]
        with httpx.Client(base_url=without.url, trust_env=False) as gateway:
            origin = provenance("locks", sys.argv[1:], gateway, SPEED_PACKAGES)
    record = {
        "kind": "locks",
        "photographs": set_name(photographs),
        "models": Path(models).resolve().name,
        "provenance": asdict(origin),
        "enrolled_people": people,
        "concurrency": concurrency,
        "speed_with_to_without": median(_speed(locked) / _speed(opened) for opened, locked in turns),
        "cpu_with_to_without": median(
            total(locked.cpu_ms_per_image) / total(opened.cpu_ms_per_image) for opened, locked in turns
        ),
        "turns": [{"without": asdict(opened), "with": asdict(locked)} for opened, locked in turns],
    }
    print(write(record, results).read_text())


def _speed(load: Load) -> float:
    return load.summary.images_per_second


@contextmanager
def _stack(models: str, settings: tuple[str, ...]) -> Iterator[tuple[RunningStack, str | None]]:
    """Yield a stack and the key that it made, None if it requires none."""
    with TemporaryDirectory(prefix="faceserver-bench-") as folder, started(folder, models, settings) as stack:
        file = Path(folder, "data", "admin.key")
        yield stack, file.read_text().strip() if file.exists() else None


def _unprotect(stack: RunningStack) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(running_dsn(stack.data or Path()))
        try:
            await connection.execute(_UNPROTECT)
            await connection.fetch(_RECONNECT)
        finally:
            await connection.close()

    asyncio.run(run())


async def _enrol(stack: RunningStack, people: list[Upload]) -> None:
    client = Client(stack.url)
    for upload in people:
        outcome = await client.send(upload)
        if not outcome.answered and outcome.code not in {"unrecognizable", "database-unavailable"}:
            raise RuntimeError(f"The stack cannot be prepared: {outcome.status} {outcome.code}")
    client.close()


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
app.command()(measure)

if __name__ == "__main__":
    app()
