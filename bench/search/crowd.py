"""The cost of hundreds of indexed directories for the others: planning a search, and an enrolment.

python -m bench search-crowd --data data/search

The folder must have been used by `python -m bench search` before, which keeps embeddings there.
"""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from pgvector import HalfVector

from apiserver.biometrics.model import Scoring
from apiserver.consent import unnamed
from apiserver.database.opening import open_database
from apiserver.database.pool import Database
from apiserver.search import statements as search_sql
from apiserver.search.indexes import Indexed, Kind, Progress, build, condition, drop
from bench.harness.options import RESULTS
from bench.harness.provenance import SPEED_PACKAGES, provenance
from bench.harness.records import write
from bench.photographs.real_embeddings import real_embeddings
from bench.search.cost import learn
from bench.search.galleries import BUILD_SECONDS, MODEL, GalleryOf, connect, is_loaded, load
from bench.search.people import Population
from bench.search.server import embedded_database

PLANNED = 50


def main(
    data: Annotated[Path, typer.Option(help="Folder of the database.")],
    *,
    directories: Annotated[int, typer.Option(help="Number of directories that get indexes.", min=1)] = 300,
    results: Annotated[Path, typer.Option(help="Folder of the JSON file.")] = RESULTS,
) -> None:
    population = Population.of(*real_embeddings(Path(), Path(), data))
    galleries = [GalleryOf(f"small {number}", 100, 1, seed=10**7 + number) for number in range(directories)]
    record = {
        "kind": "search_crowd",
        "photographs": "synthetic",
        "models": "none",
        "provenance": asdict(provenance("search-crowd", sys.argv[1:], None, SPEED_PACKAGES)),
        "directories": directories,
        **asyncio.run(_measure(data.resolve(), galleries, population)),
    }
    print(write(record, results).read_text())


async def _measure(folder: Path, galleries: Sequence[GalleryOf], population: Population) -> dict[str, float]:
    dimension = len(population.mean)
    indexes = [Indexed(gallery.directory, MODEL, dimension) for gallery in galleries]
    async with (
        embedded_database(folder) as dsn,
        open_database(dsn, pool_size=4, timeout_seconds=BUILD_SECONDS) as database,
    ):
        connection = await connect(dsn)
        for gallery in galleries:
            if not await is_loaded(connection, gallery):
                await load([connection], gallery, population)
        await connection.execute("VACUUM ANALYZE faces")
        costs = {"planning_ms_before": await _planning(database, galleries, dimension)}
        costs["learning_ms_before"] = await learn(database, galleries[0], population)
        for indexed in indexes:
            await build(database, indexed, _ignore, [Kind.CODES])
        costs["planning_ms_beside"] = await _planning(database, galleries, dimension)
        costs["learning_ms_beside"] = await learn(database, galleries[0], population)
        for indexed in indexes:
            await drop(database, indexed)
        await connection.close()
    return costs


async def _planning(database: Database, galleries: Sequence[GalleryOf], dimension: int) -> float:
    """Return the median milliseconds PostgreSQL plans the comparison of one face with proposed ones for.

    A connection plans it once for each directory that it meets, a few times more, and then keeps the plan.
    """
    embedding, milliseconds = np.ones(dimension, np.float32), []
    probe = HalfVector(embedding), search_sql.array(["0" * 32] * 200), (1, 1, ()), ""
    for gallery in galleries[:PLANNED]:
        statement = search_sql.proposed(
            1, Scoring.MAX, unnamed(consent_required=False), condition(gallery.directory, MODEL), max_changed=1000
        )
        async with database.connection() as connection:
            lines = await connection.fetch(f"EXPLAIN (SUMMARY) {statement}", gallery.directory, MODEL, 5, *probe)
        planning = next(line[0] for line in lines if "Planning Time" in line[0])
        milliseconds.append(float(planning.split()[2]))
    return float(np.median(milliseconds))


async def _ignore(_: Progress) -> None:
    pass


if __name__ == "__main__":
    typer.run(main)
