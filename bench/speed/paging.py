"""The latency of each page of a list of persons, from the first page to the last, in every order.

python -m bench paging
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import asyncpg
import typer
from pgvector import HalfVector

from bench.harness.connections import Connection
from bench.harness.options import RESULTS, Results
from bench.harness.outcomes import percentile
from bench.harness.provenance import provenance
from bench.harness.records import write
from bench.search.galleries import connect
from bench.search.server import embedded_database
from faceserver.standalone.addresses import free_loopback_port
from faceserver.standalone.child import Child, Program
from faceserver.standalone.guard import Guard

SORTS = (
    *("person", "-person", "name", "-name", "created_at", "-created_at", "last_seen_at", "-last_seen_at"),
    *("faces", "-faces"),
)
SHOWN = ("name", "-faces", "-created_at", "-last_seen_at", "person")
"""The orders that the page offers."""
FILTERS = {
    "prefix, a tenth": {"prefix": "person 01"},
    "metadata, a twentieth": {"metadata": '{"team": 7}'},
    "metadata, a thousandth": {"metadata": '{"desk": 7}'},
}
RARE = {
    f"{what}, {sort}": {**query, "sort": sort}
    for what, query in (("unnamed", {"named": "false"}), ("warned", {"warned": "true"}))
    for sort in SHOWN
}
"""A hundredth of the persons each."""
ALL_READ = {
    "search, nobody": {"search": "zzzz"},
    "search, one": {"search": "45678"},
    "search, a Chinese character": {"search": "明"},
    "search, two words": {"search": "7 zoe"},
    "search, everybody, by name": {"search": "p", "sort": "name"},
    "seen since, by name": {"seen_since": "2026-05-01T00:00:00Z", "sort": "name"},
    **{f"search, nobody, {sort}": {"search": "zzzz", "sort": sort} for sort in SHOWN[:-1]},
    "search, a fourth, -faces": {"search": "mull", "sort": "-faces"},
    "search, unnamed, one": {"search": "45699", "named": "false"},
}
"""A page of these reads all persons, unless the next ones fill it."""
MOST_PAGES = 50
NAMES = ("Person", "Мария Петрова", "王小明", "Zoë Müller")
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
DIMENSION = 128
UNNAMED = 99
"""The last two digits of the persons without a name."""

_WARN = """
INSERT INTO face_warnings (directory, face, code, person, value, threshold)
SELECT directory, face, 'unlike-own', person, 0.1, 0.2 FROM faces WHERE person LIKE '%07'
"""


async def load(dsn: str, persons: int) -> None:
    """Enrol persons with one to three faces; a third were never seen, and each hundredth is unnamed, or warned of."""
    connection = await connect(dsn)
    try:
        await connection.execute("INSERT INTO directories VALUES ('paging')")
        await connection.execute(
            "INSERT INTO images (directory, image, media_type, size_bytes, sha256) VALUES ('paging', 'i', 'i', 1, $1)",
            bytes(32),
        )
        await _copy(connection, "persons", [_person(number) for number in range(persons)])
        vector = HalfVector([1.0] + [0.0] * (DIMENSION - 1))
        for sample in range(3):
            numbers = range(persons) if sample == 0 else (n for n in range(persons) if n % 3 >= sample)
            await _copy(connection, "faces", [_face(number, sample, vector) for number in numbers])
        await connection.execute(_WARN)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


def _person(number: int) -> dict[str, object]:
    shuffled = number * 7919 % 99_991  # the orders differ from each other and from that of the table
    return {
        "directory": "paging",
        "person": f"person {number:06}",
        "display_name": None if number % 100 == UNNAMED else f"{NAMES[number % len(NAMES)]} {number}",
        "external_id": str(number),
        "metadata": json.dumps({"team": number % 20, "desk": number % 1000}),
        "created_at": BEGINNING + timedelta(seconds=shuffled),
        "last_seen_at": BEGINNING + timedelta(hours=shuffled % 5000) if number % 3 else None,
    }


def _face(number: int, sample: int, vector: HalfVector) -> dict[str, object]:
    return {
        "directory": "paging",
        "person": f"person {number:06}",
        "model": "model",
        "embedding": vector,
        "crop": b"",
        "box": [0, 0, 1, 1],
        "score": 0.9,
        "image": "i",
        "image_sha256": (3 * number + sample).to_bytes(32),
    }


async def _copy(connection: asyncpg.Connection, table: str, rows: list[dict[str, object]]) -> None:
    records = [tuple(row.values()) for row in rows]
    await connection.copy_records_to_table(table, records=records, columns=list(rows[0]))


@asynccontextmanager
async def gateway(dsn: str, folder: Path) -> AsyncIterator[Connection]:
    """Yield a connection to a new gateway without a vectorizer."""
    port = free_loopback_port()
    environment = {
        "APISERVER_DATABASE_URL": dsn,
        "APISERVER_IMAGE_STORE_URL": f"file://{folder}/images",
        "APISERVER_PORT": str(port),
        "APISERVER_LOG_LEVEL": "warning",
    }
    with Guard() as guard:
        process = Child(
            Program(name="gateway", command=[sys.executable, "-m", "apiserver"], environment=environment), guard
        )
        await process.start()
        try:
            yield await _connected(process, port)
        finally:
            await process.stop()


async def _connected(process: Child, port: int) -> Connection:
    while True:
        await process.check()
        try:
            return await Connection.opened("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)


async def walk(connection: Connection, limit: int, query: dict[str, str], most: int | None = None) -> dict[str, Any]:
    """Read a list to its end, or to its page number `most`; return the milliseconds of each page."""
    milliseconds: list[float] = []
    items, cursor = 0, None
    while (cursor is not None or not milliseconds) and len(milliseconds) != most:
        target = urlencode({"limit": limit, **query, **({} if cursor is None else {"cursor": cursor})})
        message = f"GET /directories/paging/persons?{target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        begun = time.perf_counter()
        answer = await connection.ask(message)
        milliseconds.append(1000 * (time.perf_counter() - begun))
        assert answer.status == 200, answer.body
        page = json.loads(answer.body)
        items, cursor = items + len(page["items"]), page["next"]
    tenth = max(1, len(milliseconds) // 10)
    return {
        "pages": len(milliseconds),
        "items": items,
        "p50_ms": percentile(milliseconds, 0.5),
        "p99_ms": percentile(milliseconds, 0.99),
        "longest_ms": max(milliseconds),
        "first_tenth_p50_ms": percentile(milliseconds[:tenth], 0.5),
        "last_tenth_p50_ms": percentile(milliseconds[-tenth:], 0.5),
    }


async def measure(folder: Path, persons: int, limit: int) -> dict[str, Any]:
    """Return the times of every order and filter; the folder is empty."""
    async with embedded_database(folder) as dsn:
        await load(dsn, persons)
        async with gateway(dsn, folder) as connection:
            await walk(connection, limit, {"prefix": "person 00"})  # the first statements are prepared
            lists = {sort: await walk(connection, limit, {"sort": sort}) for sort in SORTS}
            lists |= {name: await walk(connection, limit, query) for name, query in (FILTERS | RARE).items()}
            return lists | {name: await walk(connection, limit, query, MOST_PAGES) for name, query in ALL_READ.items()}


def main(
    persons: Annotated[int, typer.Option(help="Number of persons.", min=1000)] = 100_000,
    limit: Annotated[int, typer.Option(help="Persons per page.", min=1, max=1000)] = 100,
    results: Results = RESULTS,
) -> None:
    """Measure the pages of a list of persons."""
    with tempfile.TemporaryDirectory(prefix="faceserver-bench-") as folder:
        lists = asyncio.run(measure(Path(folder), persons, limit))
    packages = ("uvicorn", "fastapi", "pydantic", "asyncpg")
    record = {
        "kind": "paging",
        "photographs": "none",
        "models": "none",
        "provenance": asdict(provenance("paging", sys.argv[1:], None, packages)),
        "persons": persons,
        "limit": limit,
        "lists": lists,
    }
    print(write(record, results))
    for name, times in lists.items():
        print(f"{name:24} {times['pages']:5} pages, p50 {times['p50_ms']:.1f} ms, p99 {times['p99_ms']:.1f} ms")


if __name__ == "__main__":
    typer.run(main)
