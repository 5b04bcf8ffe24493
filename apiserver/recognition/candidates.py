"""What a request asks of a search, and what the results mean to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from apiserver.biometrics.assignment import assign_once
from apiserver.biometrics.face import Candidate
from apiserver.biometrics.model import Decision, Model, Scoring, Thresholds
from apiserver.directories.records import SearchTerms
from apiserver.search.identification import Search, SearchResult
from apiserver.search.planning import Path


@dataclass(frozen=True, slots=True)
class Identity:
    """What the best candidate of a probe means, the candidates, best first, and how they were found."""

    decision: Decision
    candidates: list[Candidate]
    path: Path


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """What a request asks of a search; None leaves it to the directory.

    k: the number of candidates of each probe. unique_persons: whether a person is the best candidate of at most one
    probe.
    """

    directory: str
    k: int
    threshold: float | None
    scoring: Scoring | None
    unique_persons: bool

    def search(self, model: Model, terms: SearchTerms, probes: int) -> Search:
        """Return the search for a number of probes."""
        others = max(0, probes - 1) if self.unique_persons else 0  # whose candidates may be taken away
        scoring = self.scoring or terms.settings.scoring or Scoring.MAX
        return Search(self.directory, model, self.k + others, terms.applied.thresholds.match, scoring)

    def identities(self, results: Sequence[SearchResult], thresholds: Thresholds) -> list[Identity]:
        """Return the identity of each probe."""
        candidates = [result.candidates for result in results]
        if self.unique_persons:
            candidates = [best[: self.k] for best in assign_once(candidates, thresholds.review)]
        return [
            Identity(thresholds.decide(best[0].similarity) if best else Decision.UNKNOWN, best, result.path)
            for best, result in zip(candidates, results, strict=True)
        ]
