"""Which way a directory is searched: pure choices from its size and from what is indexed."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from math import ceil

from apiserver.directory_sizes import DirectorySize
from apiserver.search_effort import Effort
from apiserver.search_index import Kind
from apiserver.search_sql import Scoring

_FACES_A_CANDIDATE = 250
"""The larger a directory, the more people are by chance as near as the right one."""
_MIN_CANDIDATES = 32
_MIN_SAMPLE = 200
_MIN_RANK = 4
"""In the sample; of fewer, chance would decide how many pass."""
_MARGIN = 3
"""So many times the candidates are let through to be sorted, since the sample tells their distance only roughly."""
_PARALLEL_FACES = 20_000
"""Below, starting a parallel worker takes longer than it saves."""


class Path(StrEnum):
    """How an answer was found: by all embeddings, by the codes and then embeddings, or by the graph."""

    EXACT = "exact"
    QUANTIZED = "quantized"
    GRAPH = "graph"


@dataclass(frozen=True, slots=True)
class SwitchPoints:
    """From how many faces a directory is searched otherwise, and how widely."""

    exact_faces: int
    index_faces: int
    candidates: int
    graph_candidates: int
    parallel_workers: int


@dataclass(frozen=True, slots=True)
class Scan:
    """How the codes are scanned, see `search_sql.quantized`."""

    candidates: int
    sample: int
    rank: int
    workers: int
    own_index: bool

    def wider(self, times: int) -> "Scan":
        """Return a scan that compares more embeddings."""
        return Scan(times * self.candidates, self.sample, times * self.rank, self.workers, self.own_index)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do: walk the graph with so many candidates if there are any, then scan, or do neither and be exact."""

    graph_candidates: int
    scan: Scan | None


def plan(
    size: DirectorySize,
    indexes: Collection[Kind],
    points: SwitchPoints,
    effort: Effort,
    *,
    scoring: Scoring,
    persons: int,
) -> Plan:
    """Return how to search a directory for the `persons` best."""
    if size.faces <= points.exact_faces or effort.exact:
        return Plan(0, None)
    most = max(points.candidates, 4 * persons)
    candidates = effort.width * max(_MIN_CANDIDATES, 4 * persons, min(most, size.faces // _FACES_A_CANDIDATE))
    sample = max(_MIN_SAMPLE, ceil(_MIN_RANK * size.faces / (_MARGIN * candidates)))
    rank = ceil(_MARGIN * candidates * sample / size.faces)
    workers = points.parallel_workers if Kind.CODES in indexes and size.faces >= _PARALLEL_FACES else 0
    # The graph's nearest faces tell who is most like a probe by one photograph, not by the mean of them.
    by_graph = points.graph_candidates > 0 and Kind.GRAPH in indexes and scoring is Scoring.MAX
    return Plan(
        effort.width * max(points.graph_candidates, persons) if by_graph else 0,
        Scan(candidates, sample, rank, workers, Kind.CODES in indexes),
    )
