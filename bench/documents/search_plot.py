"""Draw the cost of a search against the size of its directory.

python -m bench search-plot bench/results/search-synthetic-buffalo_sc.json
"""

import json
from pathlib import Path
from typing import Annotated

import matplotlib as mpl
import typer
from matplotlib.figure import Figure

WAYS = {"exact": "exact", "quantized": "codes, then exact", "as chosen": "as the service chooses"}


def draw(record: Path, path: Path) -> None:
    """Draw a record of bench.search.measure as SVG."""
    galleries = sorted(json.loads(record.read_text())["galleries"], key=lambda gallery: gallery["people"])
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    for way, label in WAYS.items():
        points = [(one["people"], one["searches"][way]["p50_ms"]) for one in galleries if way in one["searches"]]
        axes.loglog(*zip(*points, strict=True), marker="o", label=label)
    axes.set(xlabel="people in the directory, one photograph each", ylabel="median of a search, ms")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "bench"}):
        figure.savefig(path, format="svg", metadata={"Date": None})


def main(
    records: Annotated[list[Path], typer.Argument(help="JSON files of bench.search.measure.", exists=True)],
    *,
    plots: Annotated[Path, typer.Option(help="Folder of the pictures.")] = Path("docs/plots"),
) -> None:
    for record in records:
        draw(record, plots / f"{record.stem}.svg")


if __name__ == "__main__":
    typer.run(main)
