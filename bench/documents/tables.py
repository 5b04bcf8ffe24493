"""Tables of documents as Markdown, and how their cells are written."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.harness.records import Record

Row = tuple[object, ...]

NOTHING = "Not measured yet."


@dataclass(frozen=True)
class Table:
    """A table: its header, and the rows that a record of one of its kinds gives."""

    header: Row
    rows: Callable[[Record], Iterable[Row]]
    kinds: set[str]


def drawn(table: Table, records: Sequence[Record]) -> str:
    """Draw a table from the records of its kinds, or a sentence if it has no rows."""
    rows = [row for record in records if record["kind"] in table.kinds for row in table.rows(record)]
    if not rows:
        return NOTHING
    return "\n".join(map(_line, (table.header, ["---"] * len(table.header), *rows)))


def number(value: float) -> str:
    """Write a measured value with three significant digits, and at least its integer digits."""
    if value == 0:
        return "0"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def each(values: Mapping[str, float]) -> str:
    """Write several measured values with their names."""
    return ", ".join(f"{name} {number(value)}" for name, value in values.items()) or "0"


def _line(cells: Iterable[object]) -> str:
    texts = (number(cell) if isinstance(cell, float) else str(cell) for cell in cells)
    return f"| {' | '.join(texts)} |"
