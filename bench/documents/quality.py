"""Measurements of the quality gate as the tables of docs/quality.md.

python -m bench quality-table bench/results/quality-*.json
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from apiserver.biometrics.quality import Reason
from bench.harness.records import Record
from bench.photographs.degraded import WAYS

_NAMES = {"opencv": "YuNet, SFace", "buffalo_sc": "SCRFD-500M, ArcFace MobileFaceNet"}


def good_table(records: Sequence[Record]) -> str:
    """Return the number of unchanged photographs with warnings in each collection."""
    head = ["photographs", "models", "faces", "warned", *Reason]
    rows = [
        [
            f"`{record['photographs']}`",
            str(_NAMES.get(record["models"], record["models"])),
            f"{record['untouched']['faces']:,}",
            *(_percent(share) for share in (record["untouched"]["warned"], *record["untouched"]["reasons"].values())),
        ]
        for record in records
    ]
    return _table(head, rows)


def spoiled_table(records: Sequence[Record]) -> str:
    """Return the number of degraded copies with warnings for each pack, and their similarity to the original."""
    measured = [record for record in records if record["copies"]]
    head = ["what was done", "reason"]
    for record in measured:
        head += [f"{record['models']}: found", "warned", "similarity"]
    return _table(head, [_row(way, [record["copies"][way] for record in measured]) for way in WAYS])


def _row(way: str, copies: Sequence[Record]) -> list[str]:
    cells = [way, f"`{copies[0]['expected']}`" if copies[0]["expected"] else "none"]
    for copy in copies:
        warned = "" if copy["expected"] is None else _percent(copy["warned"])
        cells += [_percent(copy["found"]), warned, f"{copy['median_similarity']:.2f}"]
    return cells


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %" if 0 < share < 0.01 else f"{100 * share:.0f} %"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows))


def main(records: Annotated[list[Path], typer.Argument(help="JSON files of bench.quality.gate.", exists=True)]) -> None:
    """Print both tables."""
    read = [json.loads(path.read_text()) for path in records]
    print(good_table(read), spoiled_table(read), sep="\n\n")


if __name__ == "__main__":
    typer.run(main)
