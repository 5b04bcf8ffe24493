"""The tables of docs/accuracy.md, drawn from the reports.

python -m bench tables bench/results/accuracy-*.json
"""

import json
from collections.abc import Callable, Iterable, Sequence
from math import exp
from pathlib import Path
from typing import Annotated, Any

import typer

Reported = dict[str, Any]
Row = tuple[object, ...]


def tables(paths: Sequence[Path]) -> list[str]:
    """Draw every table for which the reports have rows, as Markdown."""
    reports = [(path.stem, json.loads(path.read_text())) for path in paths]
    drawn = (
        _table(title, header, [row for name, report in reports for row in rows(name, report)])
        for title, header, rows in TABLES
    )
    return [table for table in drawn if table]


def _table(title: str, header: Row, rows: Sequence[Row]) -> str | None:
    if not rows:
        return None
    lines = [_line(header), _line(["---"] * len(header)), *map(_line, rows)]
    return "\n".join([f"**{title}**", "", *lines])


def _line(cells: Iterable[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _runs(name: str, report: Reported) -> Iterable[Row]:
    origin = report["provenance"]
    yield f"`{name}`", origin["date"][:10], origin["machine"], f"`{origin['command']}`"


def _photographs(_: str, report: Reported) -> Iterable[Row]:
    yield (
        *_subject(report),
        report["photographs"],
        report["photographs_with_several_faces"],
        len(report["failures_to_enrol"]),
    )


def _folds(_: str, report: Reported) -> Iterable[Row]:
    if table := report["pair_table"]:
        folds = table["folds"]
        spread = f"{folds['mean']:.4f} ± {folds['standard_deviation']:.4f}"
        yield *_subject(report), len(folds["accuracies"]), spread, f"{table['rates']['area_under_curve']:.5f}"


def _decisions(_: str, report: Reported) -> Iterable[Row]:
    if table := report["pair_table"]:
        for name in ("best", "review", "match"):
            decided = table[name]
            figures = (decided[figure] for figure in ("threshold", "precision", "recall", "f1", "accuracy"))
            yield *_subject(report), name, *(f"{figure:.4f}" for figure in figures)


def _rates(_: str, report: Reported) -> Iterable[Row]:
    if pairs := report["all_pairs"]:
        counts = pairs["rates"]
        for rate, point in pairs["at_fmr"].items():
            cells = (point["threshold"], f"{point['fnmr']:.4f}") if point else ("too few pairs", "")
            yield *_subject(report), f"{counts['genuine_pairs']:,}", f"{counts['impostor_pairs']:,}", rate, *cells


def _searches(_: str, report: Reported) -> Iterable[Row]:
    if found := report["identification"]:
        yield (
            *_subject(report),
            found["enrolled_people"],
            found["mated_searches"],
            *_shares(found["mated_decisions"], "match", "review", "unknown", "wrong_match", "wrong_review"),
            found["non_mated_searches"],
            *_shares(found["non_mated_decisions"], "match", "review", "unknown"),
        )


def _defaults(_: str, report: Reported) -> Iterable[Row]:
    if pairs := report["all_pairs"]:
        calibration = report["model"]["calibration"]
        for decision in ("match", "review"):
            point = pairs[decision]
            line = calibration["slope"] * point["threshold"] + calibration["intercept"]
            false_matches = round(point["fmr"] * pairs["rates"]["impostor_pairs"])
            rates = f"{point['fmr']:.2g} ({false_matches} pairs)", f"{point['fnmr']:.2%}"
            yield *_subject(report), decision, point["threshold"], f"{1 / (1 + exp(-line)):.4f}", *rates


def _shares(decisions: dict[str, float], *names: str) -> Iterable[str]:
    return (f"{decisions.get(name, 0):.2%}" for name in names)


def _subject(report: Reported) -> Row:
    return report["dataset"], report["model"]["id"].partition("@")[0]


TABLES: list[tuple[str, Row, Callable[[str, Reported], Iterable[Row]]]] = [
    ("Runs", ("file", "date", "machine", "command"), _runs),
    ("Photographs", ("set", "model", "photographs", "with several faces", "without a usable face"), _photographs),
    ("Pairs, threshold chosen on the other folds", ("set", "model", "folds", "accuracy", "area under ROC"), _folds),
    (
        "Pairs, at one threshold",
        ("set", "model", "threshold", "cosine", "precision", "recall", "F1", "accuracy"),
        _decisions,
    ),
    ("All pairs", ("set", "model", "genuine pairs", "impostor pairs", "FMR at most", "cosine", "FNMR"), _rates),
    (
        "The thresholds of the manifest, over all pairs",
        ("set", "model", "decision", "from cosine", "probability there", "FMR", "FNMR"),
        _defaults,
    ),
    (
        "Identification (1:N): what the gateway decided",
        (
            *("set", "model", "enrolled", "searches for them", "match", "review", "unknown", "wrong match"),
            *("wrong review", "searches for strangers", "match", "review", "unknown"),
        ),
        _searches,
    ),
]


def main(
    reports: Annotated[list[Path], typer.Argument(help="JSON files of bench.accuracy.measure.", exists=True)],
) -> None:
    print("\n\n".join(tables(reports)))


if __name__ == "__main__":
    typer.run(main)
