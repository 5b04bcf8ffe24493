"""What `faceserver calibrate` prints."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from apiserver.biometrics.open_set import false_match_rate
from faceserver.calibration.error_rates import MIN_PAIRS, Errors, Measurement, Share, people_needed

MAX_SKIPPED = 20

Row = tuple[str, Errors]


def print_skipped(console: Console, skipped: Sequence[tuple[str, str]]) -> None:
    """Name the skipped photographs, with the reason."""
    for name, reason in skipped[:MAX_SKIPPED]:
        console.print(f"Skipped {name}: {reason}", markup=False)
    if len(skipped) > MAX_SKIPPED:
        console.print(f"… and {len(skipped) - MAX_SKIPPED} more were skipped.")


def print_measured(console: Console, measured: Measurement, rows: Iterable[Row]) -> None:
    """Print the error rates of pairs and of searches at named thresholds, with 95 % intervals."""
    console.print(
        f"{measured.photographs} photographs of {measured.people} people, {measured.people_with_several} of them with "
        f"several; {len(measured.genuine):,} pairs of the same person, {len(measured.impostor):,} of different people."
    )
    pairs = _table(
        "Pairs of photographs (1:1)", "threshold", "cosine", "FMR: different people match", "FNMR: same person does not"
    )
    searches = _table(
        f"Searches among {measured.people} people with one photograph each (1:N)",
        *("threshold", "cosine", "FPIR: strangers named", "FNIR: enrolled people missed"),
    )
    for name, errors in rows:
        pairs.add_row(name, f"{errors.threshold:.4f}", _share(errors.fmr), _share(errors.fnmr))
        searches.add_row(name, f"{errors.threshold:.4f}", _share(errors.fpir), _share(errors.fnir))
    console.print(pairs, searches)
    console.print("In parentheses: 95 % intervals. A rate of 0 may still be as high as the upper end of its interval.")


def print_refused(console: Console, measured: Measurement, refused: int, floor: float | None) -> None:
    """Print how many photographs are below the floor of recognizability, and how they are counted."""
    if floor is None:
        return
    share = _percent(refused / measured.photographs)
    console.print(
        f"{refused} of {measured.photographs} photographs ({share}) are below the floor of recognizability, {floor:g}. "
        "They match nobody: they count as misses of the same person, not as matches of others."
    )


def print_needed(console: Console, measured: Measurement, fpir: float, faces: int) -> None:
    """Print how many people and photographs would show the rate directly (rule of three), and how many there are."""
    rate = false_match_rate(fpir, faces)
    console.print(
        f"To name at most {fpir:g} of the strangers in a directory of {faces:,} faces, at most {rate:.1g} of the "
        f"comparisons of different people may match.\nMeasuring this directly takes {people_needed(rate):,} people, or "
        f"{round(3 / fpir):,} photographs of strangers searched in the directory itself (rule of three); the "
        f"{measured.people:,} people here suffice to measure {MIN_PAIRS / measured.pairs_of_people:.1g}. "
        "Below that, the threshold follows the model's own tail."
    )


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    return table


def _share(share: Share) -> str:
    return f"{_percent(share.value)} ({_percent(share.low)} to {_percent(share.high)})"


def _percent(value: float) -> str:
    return f"{100 * value:.3g} %"
