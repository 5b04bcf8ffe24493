"""What a person, or a program, sees of an import."""

import json
from collections import Counter
from collections.abc import Sequence
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

from faceserver.importing import Outcome
from faceserver.results import ImportOutcome

_MOST_NAMED = 20


class Report:
    """Counts outcomes, prints them as JSON if asked for, moves a progress bar, and sums up."""

    def __init__(self, total: int, *, as_json: bool, folder: Path = Path()) -> None:
        """folder: what names are shown relative to."""
        self._folder = folder
        self._total = total
        self._as_json = as_json
        self._words: Counter[str] = Counter()
        self._complaints: list[tuple[str, str]] = []
        self._warnings: Counter[str] = Counter()
        columns = (BarColumn(), MofNCompleteColumn(), _Rate(), TimeElapsedColumn(), TextColumn("left:"))
        screen = Console(stderr=True)
        self.progress = Progress(*columns, TimeRemainingColumn(), console=screen, disable=not screen.is_terminal)
        self._task = self.progress.add_task("", total=total)

    def resume(self, outcomes: list[Outcome]) -> None:
        """Take what an earlier run has done, which counts for nothing in the rate."""
        for outcome in outcomes:
            self._count(outcome)
        if outcomes:
            typer.echo(f"Going on after {len(outcomes)} of {self._total} photographs.", err=True)
        self.progress.reset(self._task, completed=len(outcomes))

    def note(self, outcome: Outcome) -> None:
        """Take the outcome of a photograph."""
        self._count(outcome)
        self.progress.advance(self._task)

    def is_faultless(self) -> bool:
        """Tell whether nothing was refused and nothing failed."""
        return not self._complaints

    def has_failures(self) -> bool:
        """Tell whether another run may do better."""
        return self._words["failed"] > 0

    def sum_up(self) -> None:
        """Say how many of what there were, and name what was refused or failed, with the reason."""
        for name, reason in sorted(self._complaints)[:_MOST_NAMED]:
            typer.echo(f"{name}: {reason}", err=True)
        if (more := len(self._complaints) - _MOST_NAMED) > 0:
            typer.echo(f"... and {more} more; --json names them all.", err=True)
        for reason, count in Counter(reason for _, reason in self._complaints).most_common():
            typer.echo(f"{count:6}  {reason}", err=True)
        for code, count in self._warnings.most_common():
            typer.echo(f"{count:6}  warned of: {code}", err=True)
        words = ", ".join(f"{self._words[word]} {word}" for word in ("learned", "known", "refused", "failed"))
        typer.echo(f"{self._words.total()} of {self._total} photographs: {words}.", err=True)

    def take(self, outcome: ImportOutcome) -> None:
        """Take an outcome that the service tells of afterwards."""
        enrolled = {"created": "learned", "known": "known"}.get(outcome.outcome)
        if not enrolled:
            self._line(outcome.name, outcome.person, outcome.outcome, outcome.detail)
            return
        self._warnings.update([outcome.code] if outcome.code else [])
        self._line(outcome.name, outcome.person, enrolled, None, [outcome.detail] if outcome.detail else [])

    def _count(self, outcome: Outcome) -> None:
        name = outcome.photograph.path.relative_to(self._folder).as_posix()
        self._warnings.update(warning.code for warning in outcome.warnings)
        warnings = [warning.detail for warning in outcome.warnings]
        self._line(name, outcome.photograph.person, outcome.word, outcome.refusal or outcome.failure, warnings)

    def _line(self, name: str, person: str, word: str, reason: str | None, warnings: Sequence[str] = ()) -> None:
        self._words[word] += 1
        if reason:
            self._complaints.append((name, reason))
        if self._as_json:
            line = {"file": name, "person": person, "outcome": word, "reason": reason, "warnings": warnings}
            typer.echo(json.dumps(line, ensure_ascii=False))


class _Rate(ProgressColumn):
    """Photographs a second."""

    def render(self, task: Task) -> Text:
        """Return the rate of late, or over all at the end."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.1f}/s" if speed else "", style="progress.data.speed")
