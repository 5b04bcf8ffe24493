"""One picture of a report, for the documentation."""

from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.report import BINS, THRESHOLDS, ErrorRates, Identification, Report


def draw(report: Report, path: Path) -> None:
    """Draw what the report holds as SVG: how similar pairs are, the trade of 1:1 errors, and that of 1:N errors."""
    measured, thresholds = report.all_pairs or report.pair_table, report.model["thresholds"]
    assert measured is not None
    panels = 2 if report.identification is None else 3
    figure = Figure(figsize=(4.2 * panels, 3.6), layout="constrained")
    axes = figure.subplots(1, panels)
    _similarities(axes[0], measured.rates, thresholds)
    _comparison_errors(axes[1], measured.rates)
    if report.identification is not None:
        _identification_errors(axes[2], report.identification, thresholds)
    path.parent.mkdir(parents=True, exist_ok=True)
    # A fixed salt and no date: the same report gives the same file.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "bench"}):
        figure.savefig(path, format="svg", metadata={"Date": None})


def _similarities(axes: Axes, rates: ErrorRates, thresholds: dict[str, float]) -> None:
    counted = {"two people": rates.impostor_histogram, "one person": rates.genuine_histogram}
    for name, counts in counted.items():
        axes.stairs([count / sum(counts) for count in counts], BINS, fill=True, alpha=0.6, label=name)
    _mark(axes, thresholds)
    axes.set(
        title="How similar two photographs are", xlabel="similarity (cosine)", ylabel="share of pairs", xlim=(-0.4, 1)
    )
    axes.legend(frameon=False)


def _comparison_errors(axes: Axes, rates: ErrorRates) -> None:
    axes.plot(rates.fmr, rates.fnmr)
    axes.set_xscale("log")
    axes.set(
        title="1:1 errors",
        xlabel="FMR: two people taken for one",
        ylabel="FNMR: one person taken for two",
        ylim=(0, 0.2),
    )
    axes.grid(alpha=0.3)


def _identification_errors(axes: Axes, identification: Identification, thresholds: dict[str, float]) -> None:
    axes.plot(THRESHOLDS, identification.fpir, label="FPIR: a stranger is named")
    axes.plot(THRESHOLDS, identification.fnir, label="FNIR: an enrolled person is missed")
    _mark(axes, thresholds)
    axes.set(title=f"1:N errors, {identification.enrolled_people} enrolled", xlabel="threshold (cosine)", ylim=(0, 1))
    axes.legend(frameon=False)


def _mark(axes: Axes, thresholds: dict[str, float]) -> None:
    for name, style in (("review", ":"), ("match", "--")):
        axes.axvline(thresholds[name], color="black", linestyle=style, linewidth=1, label=name)
