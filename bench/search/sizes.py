"""The size of rows in PostgreSQL.

python -m bench sizes --faces 50000
"""

import asyncio
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import asyncpg
import numpy as np
import typer

from bench.harness.options import RESULTS, Results
from bench.harness.provenance import SPEED_PACKAGES, provenance
from bench.harness.records import Record, write
from bench.search.galleries import GalleryOf, connect, load
from bench.search.people import Population
from bench.search.server import embedded_database

# TOAST holds the values that are too long for rows: the crops.
_SIZES = """
SELECT sum(pg_relation_size(relid))::float8 AS rows,
    sum(pg_table_size(relid) - pg_relation_size(relid))::float8 AS aside,
    sum(pg_indexes_size(relid))::float8 AS indexes
FROM (
    SELECT relid FROM pg_partition_tree($1::text::regclass) UNION SELECT $1::text::regclass
) AS parts
"""


def main(
    faces: Annotated[int, typer.Option(help="Faces to load, one per person.", min=1000)] = 50_000,
    dimension: Annotated[int, typer.Option(help="Dimension of an embedding.", min=1)] = 512,
    results: Results = RESULTS,
) -> None:
    """Load people with one photograph each, and measure the tables."""
    with tempfile.TemporaryDirectory(prefix="faceserver-bench-") as folder:
        sizes = asyncio.run(_measure(Path(folder), faces, dimension))
    record: Record = {
        "kind": "sizes",
        "photographs": "synthetic",
        "models": str(dimension),
        "provenance": asdict(provenance("sizes", sys.argv[1:], None, SPEED_PACKAGES)),
        "faces": faces,
        "bytes_a_row": sizes,
    }
    print(write(record, results).read_text())


async def _measure(folder: Path, faces: int, dimension: int) -> dict[str, dict[str, float]]:
    square = np.eye(dimension, dtype=np.float32)
    population = Population(np.zeros(dimension, np.float32), square, square)
    async with embedded_database(folder) as dsn:
        connection = await connect(dsn)
        await load([connection], GalleryOf("gallery", faces, 1, seed=1), population)
        await connection.execute("VACUUM (ANALYZE)")
        sizes = {table: await _weigh(connection, table, faces) for table in ("faces", "persons", "images")}
        await connection.close()
    return sizes


async def _weigh(connection: asyncpg.Connection, table: str, rows: int) -> dict[str, float]:
    return {part: size / rows for part, size in (await connection.fetchrow(_SIZES, table)).items()}


if __name__ == "__main__":
    typer.run(main)
