"""Draw a report as one picture, for the documentation.

python -m bench plots bench/results/accuracy-*.json
"""

import json
from pathlib import Path
from typing import Annotated, Any

import matplotlib as mpl
import typer
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.accuracy.report import BINS, THRESHOLDS

Rates = dict[str, Any]


def draw(report: dict[str, Any], path: Path) -> None:
    """Draw the similarities of pairs, the trade-off of 1:1 errors and, if measured, that of 1:N errors, as SVG."""
    rates, thresholds = (report["all_pairs"] or report["pair_table"])["rates"], report["model"]["thresholds"]
    panels = 3 if report["identification"] else 2
    figure = Figure(figsize=(4.4 * panels, 4.2), layout="constrained")
    axes = figure.subplots(1, panels)
    _similarities(axes[0], rates, thresholds)
    _comparison_errors(axes[1], rates)
    if report["identification"]:
        _identification_errors(axes[2], report["identification"], thresholds)
    path.parent.mkdir(parents=True, exist_ok=True)
    # A fixed salt and no date: the same report gives the same file.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "bench"}):
        figure.savefig(path, format="svg", metadata={"Date": None})


def _similarities(axes: Axes, rates: Rates, thresholds: dict[str, float]) -> None:
    counted = {"two people": rates["impostor_histogram"], "one person": rates["genuine_histogram"]}
    for name, counts in counted.items():
        axes.stairs([count / sum(counts) for count in counts], BINS, fill=True, alpha=0.6, label=name)
    axes.set(title="How similar two photographs are", ylabel="share of pairs", xlim=(-0.4, 1))
    _explain(axes, "similarity (cosine)", thresholds)


def _comparison_errors(axes: Axes, rates: Rates) -> None:
    axes.loglog(rates["fmr"], rates["fnmr"])
    axes.set(title="1:1 errors, from threshold to threshold", xlim=(1e-6, 1), ylim=(1e-3, 1))
    axes.set(xlabel="FMR: two people taken for one", ylabel="FNMR: one person taken for two")
    axes.grid(alpha=0.3)


def _identification_errors(axes: Axes, identification: Rates, thresholds: dict[str, float]) -> None:
    axes.semilogy(THRESHOLDS, identification["fpir"], label="FPIR: a stranger is named")
    axes.semilogy(THRESHOLDS, identification["fnir"], label="FNIR: a known person is missed")
    axes.set(title=f"1:N errors, {identification['enrolled_people']} people enrolled", xlim=(0, 1), ylim=(5e-4, 1))
    axes.grid(alpha=0.3)
    _explain(axes, "threshold (cosine)", thresholds)


def _explain(axes: Axes, x_label: str, thresholds: dict[str, float]) -> None:
    """Mark the model's thresholds, and put the legend below, where it does not hide a curve."""
    for name, style in (("review", ":"), ("match", "--")):
        axes.axvline(thresholds[name], color="black", linestyle=style, linewidth=1, label=f"{name}, {thresholds[name]}")
    axes.set_xlabel(x_label)
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=2, fontsize="small")


def main(
    reports: Annotated[list[Path], typer.Argument(help="JSON files of bench.accuracy.measure.", exists=True)],
    *,
    plots: Annotated[Path, typer.Option(help="Folder of the pictures.")] = Path("docs/plots"),
) -> None:
    for report in reports:
        draw(json.loads(report.read_text()), plots / f"{report.stem}.svg")


if __name__ == "__main__":
    typer.run(main)
