"""The tables of the documents, drawn from the records of the benchmarks.

python -m bench performance docs/performance.md docs/search.md docs/thresholds.md docs/scale.md README.md

In each document, the text between `<!-- figures: NAME -->` and `<!-- end -->` is replaced by the table of that name.
"""

import json
import re
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from bench.documents import performance, scale, search, thresholds
from bench.documents.tables import Row, Table, drawn
from bench.harness.options import RESULTS
from bench.harness.records import Record

BLOCK = re.compile(r"(<!-- figures: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def _runs(record: Record) -> Iterable[Row]:
    origin = record["provenance"]
    yield f"`{record['file']}`", origin["date"][:10], origin["machine"], f"`{origin['command']}`"


TABLES = performance.TABLES | search.TABLES
KINDS = frozenset(chain.from_iterable(table.kinds for table in TABLES.values()))
LARGE = "large"
TABLES["runs"] = Table(("file", "date", "machine", "command"), _runs, set(KINDS - {LARGE}))
TABLES["large_runs"] = Table(("file", "date", "machine", "command"), _runs, {LARGE})
OPEN_SET = "open_set"
TABLES |= {name: Table(header, rows, {OPEN_SET}) for name, (header, rows) in thresholds.TABLES.items()}
TABLES |= {name: Table(*table) for name, table in scale.TABLES.items()}
DRAWN = KINDS | scale.KINDS | {OPEN_SET}


def read_records(folder: Path) -> list[Record]:
    """Return the records of the folder and its sub-folders that this module draws, by name of their file."""
    paths = (path for path in sorted(folder.rglob("*.json")) if path.stem.split("-")[0] in DRAWN)
    return [_named(path.relative_to(folder).with_suffix("").as_posix(), path) for path in paths]


def _named(name: str, path: Path) -> Record:
    record: Record = json.loads(path.read_text())
    return record | {"file": name}


def fill(document: str, records: Sequence[Record]) -> str:
    """Return the document with the tables of `records`. Raises KeyError if it names an unknown table."""
    return BLOCK.sub(lambda block: f"{block[1]}{draw(block[2], records)}\n{block[3]}", document)


def draw(name: str, records: Sequence[Record]) -> str:
    """Draw one table as Markdown, or a sentence if it has no rows. Raises KeyError if it is unknown."""
    return drawn(TABLES[name], records)


def main(
    documents: Annotated[list[Path], typer.Argument(help="Documents to fill in.", exists=True)],
    results: Annotated[Path, typer.Option(help="Folder of the records.", exists=True)] = RESULTS,
) -> None:
    """Fill the tables into documents."""
    records = read_records(results)
    for document in documents:
        document.write_text(fill(document.read_text(), records))


if __name__ == "__main__":
    typer.run(main)
