"""The tables of recognizability in docs/accuracy.md, drawn from the records.

python -m bench recognizability-table bench/results/recognizability-*.json
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from bench.harness.records import Record

Row = Sequence[str]


def tables(records: Sequence[Record]) -> list[str]:
    """Return every table of the records as Markdown."""
    shared = [
        _table("What the floor costs on ordinary photographs", _COSTS, [_cost(record) for record in records]),
        _table("Floors to choose from", _FLOORS, [row for record in records for row in _floors(record)]),
        _table(
            "Damage that was left out of the fit", _LEFT_OUT, [row for record in records for row in _left_out(record)]
        ),
        _table("What the value means", _MEANING, [row for record in records for row in _meaning(record)]),
    ]
    return shared + [_table(f"Damage, {record['models']}", _KINDS, list(_kinds(record))) for record in records]


_COSTS = ("model", "floor", "pairs of one person", "FNMR without", "FNMR with the floor", "refused photographs")


def _cost(record: Record) -> Row:
    ordinary = record["ordinary"]
    refused = ", ".join(
        f"{each['refused']} of {each['photographs']:,} (`{name}`)" for name, each in ordinary["refused"].items()
    )
    rates = f"{ordinary['fnmr_without']:.2%}", f"{ordinary['fnmr']:.2%}"
    return record["models"], f"{record['floor']:.3f}", f"{ordinary['pairs']:,}", *rates, refused


_FLOORS = ("model", "floor", "added FNMR", "mean FMR", "highest FMR", "kinds above 1e-4", "right matches kept")


def _floors(record: Record) -> Iterable[Row]:
    for floor in record["floors"]:
        rates = f"{100 * floor['cost']:.2f} points", f"{floor['mean_fmr']:.2g}", f"{floor['highest_fmr']:.2g}"
        yield (
            record["models"],
            f"{floor['floor']:.3f}",
            *rates,
            str(floor["kinds_above_1e-4"]),
            f"{floor['own_kept']:.0%}",
        )


_LEFT_OUT = ("model", "families left out", "pairs", "FMR without", "FMR, left out", "FMR, fitted", "right matches kept")


def _left_out(record: Record) -> Iterable[Row]:
    for part in record["left_out"]:
        rates = (_rate(rate) for rate in (part["fmr_without"], part["fmr"], part["fitted"]["fmr"]))
        kept = f"{part['own_kept']:.0%}, {part['fitted']['own_kept']:.0%}"
        yield record["models"], ", ".join(part["families"]), f"{part['pairs']:,}", *rates, kept


_MEANING = ("model", "faces", "mean recognizability", "were recognizable")


def _meaning(record: Record) -> Iterable[Row]:
    for tenth in record["reliability"]:
        yield record["models"], f"{tenth['faces']:,}", f"{tenth['mean']:.2f}", f"{tenth['share']:.2f}"


_KINDS = ("damage", "pairs", "FMR without", "FMR with the floor", "at most (95 %)", "no face", "refused", "right")


def _kinds(record: Record) -> Iterable[Row]:
    for names in record["kinds"].values():
        for name, rates in names.items():
            missing, refused = rates["people"] - rates["found"], rates["refused"]
            yield (
                name,
                f"{rates['pairs']:,}",
                _rate(rates["fmr_without"]),
                _rate(rates["fmr"]),
                f"{rates['fmr_bound']:.2g}",
                f"{missing / rates['people']:.0%}",
                f"{refused / rates['people']:.0%}",
                f"{rates['own_without']:.0%} → {rates['own']:.0%}",
            )


def _rate(rate: float) -> str:
    return "0" if rate == 0 else f"{rate:.2g}"


def _table(title: str, header: Row, rows: Sequence[Row]) -> str:
    lines = [f"| {' | '.join(cells)} |" for cells in (header, ["---"] * len(header), *rows)]
    return "\n".join([f"**{title}**", "", *lines])


def main(
    records: Annotated[list[Path], typer.Argument(help="JSON files of bench.recognizability.measure.", exists=True)],
) -> None:
    """Print the tables."""
    print("\n\n".join(tables([json.loads(path.read_text()) for path in records])))


if __name__ == "__main__":
    typer.run(main)
