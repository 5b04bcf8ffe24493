"""The options of a search, and the identities that follow from its results."""

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
    """The decision about a probe, its candidates, best first, and the path of the search."""

    decision: Decision
    candidates: list[Candidate]
    path: Path


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """The options of a request; None stands for the directory's setting.

    k: the number of candidates of each probe. unique_persons: whether a person is the best candidate of at most one
    probe.
    """

    directory: str
    k: int
    threshold: float | None
    scoring: Scoring | None
    unique_persons: bool

    def search(self, model: Model, terms: SearchTerms, probes: int) -> Search:
        """Return a search that leaves each of the probes `k` candidates."""
        others = max(0, probes - 1) if self.unique_persons else 0  # each may take one candidate away
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
