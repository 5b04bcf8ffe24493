"""Choice of the search path of a directory, from its size and its indexes."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from math import ceil
from typing import Self

from apiserver.biometrics.model import Scoring
from apiserver.directories.sizes import DirectorySize
from apiserver.search.effort import Effort
from apiserver.search.indexes import Kind
from apiserver.search.placement import Placement
from apiserver.settings.settings import Settings

_FACES_A_CANDIDATE = 250
"""Candidates grow with the directory, since more persons are similar to the probe by chance."""
_MIN_CANDIDATES = 32
_MIN_SAMPLE = 200
_MIN_RANK = 4
"""Minimum rank in the sample; with a smaller one, the number of candidates would be left to chance."""
_MARGIN = 3
"""Factor of candidates that pass the distance limit, since the sample gives only a rough estimate of it."""
_MIN_COARSE = 256
_COARSE = 2
"""Factor of the codes in memory that are ranked a second time, which costs little."""
_FINE = 2
"""Divisor of the candidates that are left then: this order of theirs is that much better."""
BYTES_OF_ID = 16
GROWTH = 1.125
"""Factor by which memory for codes is extended when it is full."""
_PARALLEL_FACES = 20_000
"""Below this size, starting a parallel worker takes longer than it saves."""


def bytes_of_code(dimension: int) -> int:
    """Return the size of a code in memory."""
    return (dimension + 7) // 8


class Path(StrEnum):
    """Search path: all embeddings, codes followed by embeddings, or the graph."""

    EXACT = "exact"
    QUANTIZED = "quantized"
    GRAPH = "graph"


@dataclass(frozen=True, slots=True)
class SwitchPoints:
    """Sizes at which the search path changes, and the numbers of candidates.

    cache_bytes: memory for codes of large directories; 0 keeps none.
    """

    exact_faces: int
    index_faces: int
    candidates: int
    graph_candidates: int
    parallel_workers: int
    cache_bytes: int = 0

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the configured sizes."""
        return cls(
            exact_faces=settings.search_exact_faces,
            index_faces=settings.search_index_faces,
            candidates=settings.search_candidates,
            graph_candidates=settings.search_graph_candidates,
            parallel_workers=settings.search_parallel_workers,
            cache_bytes=settings.search_cache_bytes,
        )

    def on(self, placement: Placement) -> Self:
        """Return the sizes for faces of this placement.

        None of another server are kept in memory: their versions are snapshots, which differ from server to server.
        """
        return replace(self, cache_bytes=0) if placement.server else self

    def is_cached(self, faces: int, dimension: int) -> bool:
        """Return whether the codes of this number of faces fit into the memory of a gateway."""
        return GROWTH * faces * (BYTES_OF_ID + bytes_of_code(dimension)) <= self.cache_bytes

    def indexes(self, faces: int, dimension: int) -> frozenset[Kind]:
        """Return the kinds of indexes that a directory of this size gets.

        A graph makes each enrolment many times as slow, so there is none where codes in memory replace it.
        """
        if faces < self.index_faces:
            return frozenset()
        return frozenset({Kind.CODES} if self.is_cached(faces, dimension) else Kind)


@dataclass(frozen=True, slots=True)
class Scan:
    """Parameters of a scan of the codes, see `statements.quantized`."""

    candidates: int
    sample: int
    rank: int
    workers: int
    own_index: bool

    def wider(self, times: int) -> "Scan":
        """Return a scan with `times` as many candidates."""
        return replace(self, candidates=times * self.candidates, rank=times * self.rank)

    @property
    def coarse(self) -> int:
        """Number of codes in memory that are ranked a second time for each probe."""
        return max(_MIN_COARSE, _COARSE * self.candidates)

    @property
    def fine(self) -> int:
        """Number of faces that codes in memory propose for each probe."""
        return max(_MIN_CANDIDATES, self.candidates // _FINE)


@dataclass(frozen=True, slots=True)
class Plan:
    """A search plan: search the graph if `graph_candidates` is not 0, then scan the codes; exact if `scan` is None."""

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
    """Return the plan to find the `persons` most similar persons in a directory of more than `exact_faces`."""
    if effort.exact:
        return Plan(0, None)
    limit = max(points.candidates, 4 * persons)
    candidates = effort.width * max(_MIN_CANDIDATES, 4 * persons, min(limit, size.faces // _FACES_A_CANDIDATE))
    sample = max(_MIN_SAMPLE, ceil(_MIN_RANK * size.faces / (_MARGIN * candidates)))
    rank = ceil(_MARGIN * candidates * sample / size.faces)
    workers = points.parallel_workers if Kind.CODES in indexes and size.faces >= _PARALLEL_FACES else 0
    # The graph finds the nearest single faces, so it cannot rank persons by the mean of their faces.
    by_graph = points.graph_candidates > 0 and Kind.GRAPH in indexes and scoring is Scoring.MAX
    return Plan(
        effort.width * max(points.graph_candidates, persons) if by_graph else 0,
        Scan(candidates, sample, rank, workers, Kind.CODES in indexes),
    )
