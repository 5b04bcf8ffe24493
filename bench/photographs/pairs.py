"""Tables of labelled pairs: which two photographs show the same person."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Pair:
    """Two photographs by name, whether they show one person, and the fold the table puts them in (if it has folds)."""

    first: str
    second: str
    same: bool
    fold: str | None


def read_pairs(path: Path) -> list[Pair]:
    """Read a CSV file with the columns `file_x,file_y,Decision[,fold]`, Decision being Yes or No.

    Raises ValueError naming the line that cannot be read.
    """
    with path.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        missing = {"file_x", "file_y", "Decision"} - set(reader.fieldnames or ())
        if missing:
            raise ValueError(f"{path.name} has no column {', '.join(sorted(missing))}.")
        return [_pair(row, f"{path.name}, line {reader.line_num}") for row in reader]


def _pair(row: Mapping[str, str | None], place: str) -> Pair:
    first, second, decision = row["file_x"], row["file_y"], row["Decision"]
    if not first or not second or decision not in {"Yes", "No"}:
        raise ValueError(f"{place}: expected two file names and Yes or No.")
    return Pair(first, second, decision == "Yes", row.get("fold") or None)
