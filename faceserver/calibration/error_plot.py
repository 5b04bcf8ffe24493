"""Plots error rates over the threshold as SVG."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from math import log10

from faceserver.calibration.error_rates import Errors

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 480, 70, 20, 50, 110
MIN_DECADE = -5
CURVES = {
    "fpir": ("#c0392b", "FPIR: a stranger is named"),
    "fnir": ("#2471a3", "FNIR: an enrolled person is missed"),
    "fmr": ("#e59866", "FMR: different people match"),
    "fnmr": ("#7fb3d5", "FNMR: the same person does not match"),
}


class _Axes:
    """Converts thresholds and rates to coordinates of the picture."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def x(self, threshold: float) -> float:
        """Return the distance of a threshold from the left edge."""
        return LEFT + (threshold - self.low) / (self.high - self.low) * (WIDTH - LEFT - RIGHT)

    def y(self, rate: float) -> float:
        """Return the distance of a rate from the top edge, on a logarithmic scale."""
        decade = max(MIN_DECADE, log10(rate)) if rate > 0 else MIN_DECADE
        return TOP + decade / MIN_DECADE * (HEIGHT - TOP - BOTTOM)


def draw(errors: Sequence[Errors], marks: Mapping[str, float], title: str) -> str:
    """Return a picture of the rates at rising thresholds, logarithmic, with a dashed line for each named threshold.

    A rate of 0 is drawn on the lowest line.
    """
    axes = _Axes(errors[0].threshold, errors[-1].threshold)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        _text(WIDTH / 2, 24, title, size=15),
        _text(WIDTH / 2, HEIGHT - 70, "threshold (cosine)"),
        *_grid(axes),
        *_curves(axes, errors),
    ]
    for number, (name, threshold) in enumerate(marks.items()):
        if axes.low <= threshold <= axes.high:
            parts += _mark(axes.x(threshold), f"{name} {threshold:.3f}", TOP + 14 * (number + 1))
    return "\n".join([*parts, "</svg>\n"])


def _grid(axes: _Axes) -> Iterator[str]:
    for decade in range(MIN_DECADE, 1):
        height = axes.y(10.0**decade)
        yield _line(LEFT, height, WIDTH - RIGHT, height, "#ddd")
        yield _text(LEFT - 8, height + 4, f"{10.0**decade:g}", anchor="end")
    for tenth in range(round(10 * axes.low), round(10 * axes.high) + 1):
        yield _text(axes.x(tenth / 10), HEIGHT - BOTTOM + 18, f"{tenth / 10:g}")


def _curves(axes: _Axes, errors: Sequence[Errors]) -> Iterator[str]:
    for number, (rate, (colour, label)) in enumerate(CURVES.items()):
        points = " ".join(f"{axes.x(each.threshold):.1f},{axes.y(getattr(each, rate).value):.1f}" for each in errors)
        yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
        left, height = LEFT + number % 2 * 340, HEIGHT - 40 + number // 2 * 20
        yield _line(left, height - 4, left + 24, height - 4, colour, width=2)
        yield _text(left + 32, height, label, anchor="start")


def _mark(x: float, label: str, height: float) -> list[str]:
    return [
        _line(x, TOP, x, HEIGHT - BOTTOM, "#333", width=1, dashes="5 4"),
        _text(x + 4, height, label, anchor="start"),
    ]


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, *, width: int = 1, dashes: str = "none") -> str:
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{colour}" stroke-width="{width}" stroke-dasharray="{dashes}"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "middle", size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{escape(text)}</text>'
