"""What an import prints."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from faceserver.client.results import EnrolmentWarning, ImportOutcome
from faceserver.file_names import readable, shown
from faceserver.importing.learning import Outcome
from faceserver.importing.people_folder import Photograph

_MAX_NAMED = 20
_WHO = frozenset({"enrolled-as-another", "closer-to-another", "unlike-own"})
"""The warnings that a photograph may show somebody else."""


class Report:
    """Counts outcomes, prints them as JSON if requested, moves a progress bar, and prints a summary."""

    def __init__(self, total: int, *, as_json: bool, folder: Path = Path()) -> None:
        """folder: the one to which names are relative."""
        self._folder = folder
        self._total = total
        self._as_json = as_json
        self._counts: Counter[str] = Counter()
        self._complaints: list[tuple[str, str]] = []
        self._doubts: list[tuple[str, str]] = []
        self._skipped: list[tuple[str, str]] = []
        self._warnings: Counter[str] = Counter()
        columns = (BarColumn(), MofNCompleteColumn(), _Rate(), TimeElapsedColumn(), TextColumn("left:"))
        screen = Console(stderr=True)
        self.progress = Progress(*columns, TimeRemainingColumn(), console=screen, disable=not screen.is_terminal)
        self._task = self.progress.add_task("", total=total)

    def skip(self, files: Iterable[tuple[Photograph, str]]) -> None:
        """Note files that are not imported, with the reason."""
        for file, reason in files:
            self._note_skipped(self._name(file), file.person, reason)

    def resume(self, outcomes: list[Outcome]) -> None:
        """Count the outcomes of an earlier run, which do not enter the rate."""
        for outcome in outcomes:
            self._count(outcome)
        if outcomes:
            typer.echo(f"Resuming after {len(outcomes)} of {self._total} photographs.", err=True)
        self.progress.reset(self._task, completed=len(outcomes))

    def note(self, outcome: Outcome) -> None:
        """Count the outcome of a photograph."""
        self._count(outcome)
        self.progress.advance(self._task)

    def is_faultless(self) -> bool:
        """Tell whether nothing was refused and nothing failed."""
        return not self._complaints

    def has_failures(self) -> bool:
        """Tell whether anything failed, which another run would try again."""
        return self._counts["failed"] > 0

    def sum_up(self) -> None:
        """Print how many photographs had each outcome, and name other files and those refused, failed, or doubtful."""
        _name_some(self._skipped, "Skipped ")
        _name_some(self._complaints)
        _name_some(self._doubts)
        for reason, count in Counter(reason for _, reason in self._complaints).most_common():
            typer.echo(f"{count:6}  {reason}", err=True)
        for code, count in self._warnings.most_common():
            typer.echo(f"{count:6}  warning: {code}", err=True)
        counts = ", ".join(
            f"{self._counts[outcome]} {outcome}" for outcome in ("learned", "known", "refused", "failed")
        )
        typer.echo(f"{self._counts.total()} of {self._total} photographs: {counts}.", err=True)

    def take(self, outcome: ImportOutcome) -> None:
        """Count an outcome that the service reports after its job."""
        if outcome.outcome == "skipped":
            self._note_skipped(outcome.name, outcome.person, outcome.detail or "")
            return
        enrolled = {"created": "learned", "known": "known"}.get(outcome.outcome)
        if not enrolled:
            self._line(outcome.name, outcome.person, outcome.outcome, outcome.detail)
            return
        self._line(outcome.name, outcome.person, enrolled, None, self._warned(_with_person(outcome), outcome.warnings))

    def _count(self, outcome: Outcome) -> None:
        name = self._name(outcome.photograph)
        warnings = self._warned(name, outcome.warnings)
        self._line(name, outcome.photograph.person, outcome.name, outcome.refusal or outcome.failure, warnings)

    def _warned(self, name: str, warnings: Sequence[EnrolmentWarning]) -> list[str]:
        """Count warnings, note those that a photograph may show somebody else, and return their sentences."""
        self._warnings.update(warning.code for warning in warnings)
        self._doubts += [(name, warning.detail) for warning in warnings if warning.code in _WHO]
        return [warning.detail for warning in warnings]

    def _line(self, name: str, person: str, outcome: str, reason: str | None, warnings: Sequence[str] = ()) -> None:
        self._counts[outcome] += 1
        if reason:
            self._complaints.append((name, reason))
        self._print(name, person, outcome, reason, warnings)

    def _note_skipped(self, name: str, person: str, reason: str) -> None:
        self._skipped.append((name, reason))
        self._print(name, person, "skipped", reason)

    def _name(self, photograph: Photograph) -> str:
        return photograph.path.relative_to(self._folder).as_posix()

    def _print(self, name: str, person: str, outcome: str, reason: str | None, warnings: Sequence[str] = ()) -> None:
        if self._as_json:
            line = {
                "file": readable(name),
                "person": readable(person),
                "outcome": outcome,
                "reason": reason,
                "warnings": warnings,
            }
            typer.echo(json.dumps(line, ensure_ascii=False))


def _name_some(files: Sequence[tuple[str, str]], verb: str = "") -> None:
    for name, reason in sorted(files)[:_MAX_NAMED]:
        typer.echo(f"{verb}{shown(name)}: {reason}", err=True)
    if (more := len(files) - _MAX_NAMED) > 0:
        typer.echo(f"... and {more} more; --json lists all of them.", err=True)


def _with_person(outcome: ImportOutcome) -> str:
    """Return the name of a photograph with its person, which names in a bundle do not contain."""
    return outcome.name if outcome.person in outcome.name else f"{outcome.person}, {outcome.name}"


class _Rate(ProgressColumn):
    """Photographs per second."""

    def render(self, task: Task) -> Text:
        """Return the recent rate, or the overall one at the end."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.1f}/s" if speed else "", style="progress.data.speed")
