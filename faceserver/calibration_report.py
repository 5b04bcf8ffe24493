"""What `faceserver calibrate` prints."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from apiserver.open_set import false_match_rate
from faceserver.error_rates import SEEN, Errors, Measured, Share, people_to_see

MOST_SKIPPED = 20

Row = tuple[str, Errors]


def print_skipped(console: Console, skipped: Sequence[tuple[str, str]]) -> None:
    """Name the photographs that were of no use, and why."""
    for name, reason in skipped[:MOST_SKIPPED]:
        console.print(f"Skipped {name}: {reason}", markup=False)
    if len(skipped) > MOST_SKIPPED:
        console.print(f"… and {len(skipped) - MOST_SKIPPED} more were skipped.")


def print_measured(console: Console, measured: Measured, rows: Iterable[Row]) -> None:
    """Print the error rates at named thresholds, of pairs and of searches, with 95 % intervals."""
    console.print(
        f"{measured.photographs} photographs of {measured.people} people, {measured.people_with_several} of them with "
        f"several; {len(measured.genuine):,} pairs of one person, {len(measured.impostor):,} of two."
    )
    pairs = _table("Pairs of photographs (1:1)", "threshold", "cosine", "FMR: two taken for one", "FNMR: one for two")
    searches = _table(
        f"Searches among {measured.people} people with one photograph each (1:N)",
        *("threshold", "cosine", "FPIR: strangers named", "FNIR: enrolled missed"),
    )
    for name, errors in rows:
        pairs.add_row(name, f"{errors.threshold:.4f}", _share(errors.fmr), _share(errors.fnmr))
        searches.add_row(name, f"{errors.threshold:.4f}", _share(errors.fpir), _share(errors.fnir))
    console.print(pairs, searches)
    console.print("In brackets: 95 % intervals. What happened never is not impossible: see the upper end.")


def print_needed(console: Console, measured: Measured, fpir: float, faces: int) -> None:
    """Say how many people and photographs would show the rate directly (the rule of three), and how many there are."""
    rate = false_match_rate(fpir, faces)
    console.print(
        f"To name at most {fpir:g} of the strangers in a directory of {faces:,} faces, two people may be taken for one "
        f"in {rate:.1g} of the comparisons.\nTo see that directly takes {people_to_see(rate):,} people, or "
        f"{round(3 / fpir):,} strangers' photographs searched in the directory itself (the rule of three); there are "
        f"{measured.people:,} people here, enough to see {SEEN / measured.pairs_of_people:.1g}. "
        "Below that the threshold follows the model's own tail."
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
