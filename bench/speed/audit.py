"""What the audit costs: enrolments and recognitions a second with and without entries, and how long seals take.

python -m bench audit --data data/audit

On the database alone, without photographs: on a whole stack, the networks take most of the time. The cases take turns,
so that their ratios hold on a busy machine. Without an entry, enrolments call a function that does nothing instead.
"""

import asyncio
import itertools
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated, get_args
from uuid import uuid4

import asyncpg
import numpy as np
import typer

from apiserver.audit.reads import Reads, Recorded
from apiserver.audit.sealing import SEAL_SECONDS, seal
from apiserver.background import background, repeat
from apiserver.biometrics.face import Face, Image
from apiserver.database.opening import open_database
from apiserver.database.pool import Database
from apiserver.directories.sizes import DirectorySizes
from apiserver.enrolment.gallery import Gallery
from apiserver.search.effort import Efforts
from apiserver.search.identification import Identification, Search
from apiserver.storage.images import WRITE_ROW, image_row
from bench.harness.options import RESULTS
from bench.harness.provenance import SPEED_PACKAGES, provenance
from bench.harness.records import Record, write
from bench.search.cost import POINTS, synthetic_model
from bench.search.server import embedded_database

DIMENSION = 128
CONCURRENCY = 8
SEARCHED = "searched"
KNOWN = 500
"""Persons of the directory that is searched."""
_LOOK_SECONDS = 0.1
_OLDEST = """
SELECT coalesce(extract(epoch FROM clock_timestamp() - min(at)), 0)::float8 FROM audit WHERE hash IS NULL
"""
_ENTRIES = "SELECT count(*) FROM audit"
_EXCHANGE = """
ALTER FUNCTION audit_record RENAME TO audit_record_{there};
ALTER FUNCTION audit_record_{here} RENAME TO audit_record
"""
_NO_ENTRY = """
CREATE OR REPLACE FUNCTION audit_record_none(text, text, text, text[], text, text, text, text, jsonb) RETURNS bigint
LANGUAGE sql AS 'SELECT 0::bigint'
"""

Work = Callable[[], Awaitable[object]]


def main(
    data: Annotated[Path, typer.Option(help="Folder of the database.")],
    *,
    rounds: Annotated[int, typer.Option(help="Turns of each case.")] = 4,
    seconds: Annotated[float, typer.Option(help="Length of a turn.")] = 4,
    results: Annotated[Path, typer.Option(help="Folder of the JSON file.")] = RESULTS,
) -> None:
    record = {
        "kind": "audit",
        "photographs": "none",
        "models": "none",
        "provenance": asdict(provenance("audit", sys.argv[1:], None, SPEED_PACKAGES)),
        **asyncio.run(_measure(data.resolve(), rounds, seconds)),
    }
    print(write(record, results).read_text())


async def _measure(folder: Path, rounds: int, seconds: float) -> Record:
    async with (
        embedded_database(folder) as dsn,
        open_database(dsn, pool_size=CONCURRENCY + 2, timeout_seconds=60) as database,
        _connected(dsn) as connection,
        AsyncExitStack() as stack,
    ):
        await connection.execute(_NO_ENTRY)
        enrol, know = _enrolment(database, "acme"), _enrolment(database, SEARCHED)
        await asyncio.gather(*(know() for _ in range(KNOWN)))
        reads = {setting: Reads(database, setting) for setting in get_args(Recorded)}
        for each in reads.values():
            await stack.enter_async_context(background(each.run()))
        await stack.enter_async_context(background(repeat(lambda: seal(database), SEAL_SECONDS)))
        ages: list[float] = []
        rates: defaultdict[str, list[float]] = defaultdict(list)
        for _ in range(rounds):
            for entry in (True, False):
                name = "enrolments, " + ("with an entry" if entry else "without")
                async with nullcontext() if entry else _without_entries(connection):
                    rates[name].append(await _rate(enrol, seconds, connection, ages))
            for setting, each in reads.items():
                recognize = _recognition(database, each)
                rates[f"recognitions, {setting}"].append(await _rate(recognize, seconds, connection, ages))
        entries = await connection.fetchval(_ENTRIES)
    return {
        "concurrency": CONCURRENCY,
        "rounds": rounds,
        "seconds": seconds,
        "a_second": {name: statistics.median(each) for name, each in rates.items()},
        "entries": entries,
        "oldest_unsealed_seconds": {"median": statistics.median(ages), "longest": max(ages)},
    }


@asynccontextmanager
async def _without_entries(connection: asyncpg.Connection) -> AsyncIterator[None]:
    await connection.execute(_EXCHANGE.format(there="real", here="none"))
    before = await connection.fetchval(_ENTRIES)
    yield
    if await connection.fetchval(_ENTRIES) != before:
        raise RuntimeError("Enrolments left entries.")
    await connection.execute(_EXCHANGE.format(there="none", here="real"))


@asynccontextmanager
async def _connected(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


async def _rate(work: Work, seconds: float, connection: asyncpg.Connection, ages: list[float]) -> float:
    """Return how often `work` was done a second; note the age of the oldest entry without a seal during this time."""
    begun, done = time.perf_counter(), 0

    async def one_client() -> None:
        nonlocal done
        while time.perf_counter() - begun < seconds:
            await work()
            done += 1

    async def look() -> None:
        ages.append(await connection.fetchval(_OLDEST))

    async with background(repeat(look, _LOOK_SECONDS)):
        await asyncio.gather(*(one_client() for _ in range(CONCURRENCY)))
    return done / (time.perf_counter() - begun)


def _enrolment(database: Database, directory: str) -> Work:
    gallery, model, embeddings, numbers = (
        Gallery(database),
        synthetic_model(DIMENSION),
        _embeddings(),
        itertools.count(),
    )

    async def enrol() -> None:
        content = uuid4().bytes
        row = image_row(directory, content, Image("image/jpeg", "jpg", 10, 10), timedelta(hours=1), bytes(32))
        async with database.connection() as connection:
            await connection.execute(WRITE_ROW, *row)
        face = Face((0, 0, 112, 112), 0.9, next(embeddings), bytes(3_000))
        await gallery.enrol(f"person {next(numbers)}", face, model, row)

    return enrol


def _recognition(database: Database, reads: Reads) -> Work:
    """Return a search that names somebody every second time."""
    identification, sizes = Identification(database, POINTS, Efforts(lowest_recall=0)), DirectorySizes(database)
    search = Search(SEARCHED, synthetic_model(DIMENSION), 5, match=0.4)
    embeddings, named = _embeddings(), itertools.cycle((["person 1"], []))

    async def recognize() -> None:
        size = await sizes.of(search.directory, search.model.id)
        await identification.identify(search, [next(embeddings)], size)
        await reads.recognized(SEARCHED, next(named), faces=1)

    return recognize


def _embeddings() -> Iterator[list[float]]:
    rng = np.random.default_rng(0)
    while True:
        vector = rng.normal(size=DIMENSION).astype(np.float32)
        yield (vector / np.linalg.norm(vector)).tolist()


if __name__ == "__main__":
    typer.run(main)
