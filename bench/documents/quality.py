"""Measurements of the quality gate, and of faces unlike their person's others, as the tables of docs/quality.md.

python -m bench quality-table bench/results/quality-*.json bench/results/unlike_own-*.json
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


def unlike_table(records: Sequence[Record]) -> str:
    """Return how many photographs are unlike a person's other ones, by the number of those."""
    head = [
        "models",
        "other photographs",
        "limit",
        "own photographs",
        "warned",
        "strangers' photographs",
        "warned",
        "second ones",
    ]
    rows = [
        [
            f"`{record['models']}`",
            str(row["own"]),
            f"{row['limit']:.3f}",
            f"{row['genuine']:,}",
            _percent(row["genuine_warned"]),
            f"{row['strangers']:,}",
            f"{100 * row['strangers_warned']:.1f} %",
            f"{100 * row['second_warned']:.1f} %",
        ]
        for record in records
        for row in record["warned"]
    ]
    return _table(head, rows)


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


def main(
    records: Annotated[
        list[Path], typer.Argument(help="JSON files of `python -m bench quality` and `unlike`.", exists=True)
    ],
) -> None:
    """Print the tables."""
    read = [json.loads(path.read_text()) for path in records]
    gates = [record for record in read if "untouched" in record]
    print(good_table(gates), spoiled_table(gates), sep="\n\n")
    print("\n" + unlike_table([record for record in read if "warned" in record]))


if __name__ == "__main__":
    typer.run(main)
