"""The cost of leaving persons out of searches: restricted ones, and those without a consent that is required.

python -m bench search-consent --data data/search-consent

Searches of directories of 1,000 and 50,000 synthetic faces, one a person, along each path.
"""

import asyncio
import statistics
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import asyncpg
import numpy as np
import typer

from apiserver.database.opening import open_database
from apiserver.database.pool import Database
from apiserver.directories.sizes import DirectorySizes
from apiserver.search.effort import Efforts
from apiserver.search.identification import Identification, Search
from apiserver.search.indexes import Indexed, Progress, build
from bench.harness.options import RESULTS
from bench.harness.provenance import SPEED_PACKAGES, provenance
from bench.harness.records import Record, write
from bench.search.cost import NEVER, POINTS, synthetic_model
from bench.search.galleries import BUILD_SECONDS, MODEL, GalleryOf, connect, is_loaded, load
from bench.search.people import Population
from bench.search.server import embedded_database

DIMENSION = 128
PROBES = 100
WARM_UP = 10
PATHS = {
    "exact": replace(POINTS, exact_faces=NEVER),
    "codes": replace(POINTS, exact_faces=0, index_faces=NEVER),
    "graph": replace(POINTS, exact_faces=0, index_faces=1),
}
NOBODY = """
UPDATE persons SET restricted = false, consent_given_at = now(), consent_text = 'v1', consent_basis = 'consent'
"""
RESTRICTED = "UPDATE persons SET restricted = true WHERE hashtext(person) % 100 = 0"
WITHOUT = """
UPDATE persons SET consent_given_at = NULL, consent_text = NULL, consent_basis = NULL
WHERE abs(hashtext(person)) % 100 < {percent}
"""
CASES = {
    "nobody left out": ("SELECT", False),
    "1 in 200 restricted": (RESTRICTED, False),
    "consent required, all have it": ("SELECT", True),
    "consent required, 1 % lack it": (WITHOUT.format(percent=1), True),
    "consent required, 90 % lack it": (WITHOUT.format(percent=90), True),
}


def main(
    data: Annotated[Path, typer.Option(help="Folder of the database.")],
    *,
    results: Annotated[Path, typer.Option(help="Folder of the JSON file.")] = RESULTS,
) -> None:
    record = {
        "kind": "search_consent",
        "photographs": "synthetic",
        "models": "none",
        "provenance": asdict(provenance("search-consent", sys.argv[1:], None, SPEED_PACKAGES)),
        **asyncio.run(_measure(data.resolve())),
    }
    print(write(record, results).read_text())


async def _measure(folder: Path) -> Record:
    sphere = np.eye(DIMENSION, dtype=np.float32)
    population = Population(np.zeros(DIMENSION, np.float32), sphere, (sphere / 2).astype(np.float32))
    galleries = [GalleryOf(f"of {faces}", faces, 1, seed=faces) for faces in (1_000, 50_000)]
    async with (
        embedded_database(folder) as dsn,
        open_database(dsn, pool_size=2, timeout_seconds=BUILD_SECONDS) as database,
    ):
        connection = await connect(dsn)
        for gallery in galleries:
            if not await is_loaded(connection, gallery):
                await load([connection], gallery, population)
            await build(database, Indexed(gallery.directory, MODEL, DIMENSION), _ignore)
        milliseconds = {}
        for case, (change, required) in CASES.items():
            await connection.execute(NOBODY)
            await connection.execute(change)
            await _settle(connection)
            milliseconds[case] = {
                f"{gallery.directory}, {path}": await _median_ms(database, gallery, population, path, required=required)
                for gallery in galleries
                for path in PATHS
            }
        await connection.close()
    return {"median_ms": milliseconds}


async def _settle(connection: asyncpg.Connection) -> None:
    for table in ("persons", "faces"):
        await connection.execute(f"VACUUM ANALYZE {table}")


async def _median_ms(
    database: Database, gallery: GalleryOf, population: Population, path: str, *, required: bool
) -> float:
    """Return the median milliseconds of a search for one face."""
    _, probes = gallery.probes(population, PROBES)
    search = Search(gallery.directory, synthetic_model(DIMENSION), 5, match=0.4, consent_required=required)
    size = await DirectorySizes(database).counted(search.directory, search.model.id)
    identification, took = Identification(database, PATHS[path], Efforts(lowest_recall=0)), []
    for probe in probes.tolist():
        begun = time.perf_counter()
        await identification.identify(search, [probe], size)
        took.append(1000 * (time.perf_counter() - begun))
    return statistics.median(took[WARM_UP:])


async def _ignore(_: Progress) -> None:
    pass


if __name__ == "__main__":
    typer.run(main)
