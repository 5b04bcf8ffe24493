"""The options of a search, and the identities that follow from its results."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from apiserver.biometrics.assignment import assign_once
from apiserver.biometrics.face import Candidate, Probe
from apiserver.biometrics.model import Decision, Model, Scoring, Thresholds
from apiserver.biometrics.recognizability import UnknownReason, unknown_reason
from apiserver.directories.records import SearchTerms
from apiserver.directories.thresholds import Applied
from apiserver.search.identification import Search, SearchResult
from apiserver.search.planning import Path

_COARSE_DIGITS = 2


@dataclass(frozen=True, slots=True)
class Identity:
    """The decision about a probe, its candidates, best first, and the path of the search.

    reason: why the probe is unknown whatever its candidates are, if it is.
    """

    decision: Decision
    candidates: list[Candidate]
    path: Path
    reason: UnknownReason | None = None

    def named(self) -> "Identity":
        """Return the identity with nobody but who is named."""
        named = self.candidates[:1] if self.decision is not Decision.UNKNOWN else []
        coarse = [replace(each, similarity=round(each.similarity, _COARSE_DIGITS)) for each in named]
        return replace(self, candidates=coarse)


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """The options of a request; None stands for the directory's setting.

    k: the number of candidates of each probe. unique_persons: whether a person is the best candidate of at most one
    probe. named_only: only who is named is a candidate, with a rounded similarity: others tell who is enrolled, and
    finer ones lead to a template step by step. are_seen: whether named persons count as seen now; false if the
    probes are enrolled faces.
    """

    directory: str
    k: int
    threshold: float | None
    scoring: Scoring | None
    unique_persons: bool
    named_only: bool = False
    are_seen: bool = True

    def search(self, model: Model, terms: SearchTerms, probes: int) -> Search:
        """Return a search that leaves each of the probes `k` candidates."""
        others = max(0, probes - 1) if self.unique_persons else 0  # each may take one candidate away
        scoring = self.scoring or terms.settings.scoring or Scoring.MAX
        match, required = terms.applied.thresholds.match, bool(terms.settings.require_consent)
        return Search(self.directory, model, self.k + others, match, scoring, required)

    def identities(self, probes: Sequence[Probe], results: Sequence[SearchResult], applied: Applied) -> list[Identity]:
        """Return the identity of each probe."""
        reasons = [unknown_reason(probe.recognizability, applied.floor) for probe in probes]
        candidates = [result.candidates for result in results]
        if self.unique_persons:
            candidates = self._assigned(candidates, reasons, applied.thresholds.review)
        decided = [
            Identity(_decision(best, applied.thresholds, reason), best, result.path, reason)
            for best, result, reason in zip(candidates, results, reasons, strict=True)
        ]
        return [each.named() for each in decided] if self.named_only else decided

    def _assigned(
        self,
        candidates: Sequence[list[Candidate]],
        reasons: Sequence[UnknownReason | None],
        min_similarity: float,
    ) -> list[list[Candidate]]:
        """Return the candidates of each probe, each person only once; unknown probes keep theirs and take nobody."""
        taking = [best for best, reason in zip(candidates, reasons, strict=True) if reason is None]
        assigned = iter(assign_once(taking, min_similarity))
        kept = [best if reason else next(assigned) for best, reason in zip(candidates, reasons, strict=True)]
        return [best[: self.k] for best in kept]


def _decision(candidates: Sequence[Candidate], thresholds: Thresholds, reason: UnknownReason | None) -> Decision:
    if reason or not candidates:
        return Decision.UNKNOWN
    return thresholds.decide(candidates[0].similarity)
