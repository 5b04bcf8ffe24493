"""What a floor of recognizability costs on ordinary photographs."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from bench.accuracy.error_rates import FloatArray
from bench.photographs.folder import Photograph, by_person
from bench.recognizability.looks import Looks


@dataclass(frozen=True)
class GenuinePairs:
    """All pairs of photographs of one person. first, second: (n,) rows of the photographs. cosines: (n,)."""

    first: NDArray[np.intp]
    second: NDArray[np.intp]
    cosines: FloatArray
    threshold: float

    @classmethod
    def of(cls, photographs: Sequence[Photograph], looks: Looks, threshold: float) -> "GenuinePairs":
        """Pair the photographs of each person; one without a face matches nothing."""
        rows = {photograph.name: row for row, photograph in enumerate(photographs)}
        people = by_person(photographs).values()
        pairs = [(rows[a.name], rows[b.name]) for theirs in people for a, b in combinations(theirs, 2)]
        first, second = np.array(pairs).T
        cosines = np.einsum("nd,nd->n", looks.vectors[first], looks.vectors[second])
        return cls(first, second, cosines.astype(np.float64), threshold)

    def fnmr(self, values: FloatArray, floor: float) -> float:
        """Return the share of pairs that do not match, faces below the floor counting as no match."""
        kept = np.minimum(values[self.first], values[self.second]) >= floor
        return float(1 - ((self.cosines >= self.threshold) & kept).mean())

    def floor_at_cost(self, values: FloatArray, cost: float) -> float:
        """Return the highest floor that raises the FNMR by at most `cost`."""
        lower = np.minimum(values[self.first], values[self.second])
        matching = np.sort(lower[self.cosines >= self.threshold])
        return float(matching[int(cost * len(self.cosines))])
