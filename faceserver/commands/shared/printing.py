"""How results are shown: as tables for people, as lines of JSON for programs."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from pathlib import PurePath
from typing import Any, TypeVar

import typer
from pydantic_core import to_jsonable_python
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from faceserver.client.results import Box, Deletion
from faceserver.file_names import readable, shown

T = TypeVar("T")

STYLES = {"match": "green", "review": "yellow", "unknown": "dim"}
"""The style of each decision."""


def print_json(result: Any, **additional: object) -> None:  # noqa: ANN401 - any dataclass
    """Print a result as a line of JSON, with additional fields before its own; texts among them are `readable`."""
    named = {
        name: readable(value) if isinstance(value, str | PurePath) else value for name, value in additional.items()
    }
    typer.echo(json.dumps(to_jsonable_python({**named, **asdict(result)}), ensure_ascii=False))


def print_table(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Print a table; None is an empty cell. The first two columns may be folded."""
    table = Table(box=box.SIMPLE_HEAD)
    for place, name in enumerate(columns):
        table.add_column(name, overflow="fold", no_wrap=place > 1)
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    Console(highlight=False).print(table)


def print_fields(fields: dict[str, object]) -> None:
    """Print names and values, one pair a line."""
    width = max(map(len, fields))
    for name, value in fields.items():
        typer.echo(f"{name:{width}}  {_cell(value).plain}".rstrip())


def print_receipt(deletion: Deletion, as_json: bool) -> None:
    """Print how much was deleted."""
    if as_json:
        print_json(deletion)
        return
    counts = ((deletion.persons, "person"), (deletion.faces, "face"), (deletion.images, "image"))
    progress = "all images are deleted" if deletion.finished_at else "the images are being deleted"
    typer.echo(f"Deleted {', '.join(counted(*count) for count in counts)}; {progress}. Receipt: {deletion.deletion}")


def decided(decision: str, reason: str | None) -> Text:
    """Return a decision in its style, or the reason why it is `unknown`."""
    return Text(reason or decision, style=STYLES[decision])


def counted(number: int, thing: str) -> str:
    """Return a number with its noun, such as `1 face` and `2 faces`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def first(items: Iterable[T], limit: int) -> Iterator[T]:
    """Yield the first `limit` items; say on stderr if there are more."""
    remaining = iter(items)
    yield from islice(remaining, limit)
    if next(remaining, None) is not None:
        typer.echo(f"There are more than {limit}; raise --limit to see them.", err=True)


def _cell(value: object) -> Text:
    if isinstance(value, Text):
        return value
    if isinstance(value, Box):
        return Text(" ".join(map(str, value)))
    if isinstance(value, datetime):
        return Text(f"{value.astimezone(UTC):%Y-%m-%d %H:%M}")
    if isinstance(value, float):
        return Text(f"{value:.2f}")
    return Text("" if value is None else shown(str(value)))
