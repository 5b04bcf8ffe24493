"""The JSON file of one measurement."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Record = dict[str, Any]


def write(record: Mapping[str, object], folder: Path) -> Path:
    """Write a record as JSON, numbers to four significant digits, and return the file.

    It is named after its `kind`, `photographs` and `models`; a new measurement of the same kind replaces the last.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{record['kind']}-{record['photographs']}-{record['models']}.json"
    path.write_text(json.dumps(rounded(record), indent=1, allow_nan=False) + "\n")
    return path


def rounded(value: object) -> object:
    """Return `value` with every float in it to four significant digits: loads are reproducible to two at most."""
    match value:
        case float():
            return float(f"{value:.4g}")
        case dict():
            return {key: rounded(item) for key, item in value.items()}
        case list() | tuple():
            return [rounded(item) for item in value]
    return value
