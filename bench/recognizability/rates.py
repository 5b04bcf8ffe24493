"""How often strangers match when their photographs are damaged, with and without a floor of recognizability."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import beta

from bench.accuracy.error_rates import FloatArray
from bench.harness.records import Record
from bench.recognizability.grid import Grid

_CONFIDENCE = 0.95
BINS = 10


@dataclass(frozen=True)
class KindRates:
    """What happens to photographs with one kind of damage, all pairs of them offered; a refused face matches nobody.

    own, own_kept: shares of the photographs that match their own undamaged one, without and with the floor.
    """

    people: int
    found: int
    refused: int
    pairs: int
    false_matches: int
    false_matches_kept: int
    own: float
    own_kept: float

    @classmethod
    def of(cls, grid: Grid, kind: int, values: FloatArray, floor: float) -> "KindRates":
        """Judge one kind; values: (p, k), the recognizability of each face."""
        people, found = int(grid.looked[:, kind].sum()), grid.found[:, kind]
        kept = found & (values[:, kind] >= floor)
        matches, own = grid.matches(kind), (grid.own[:, kind] >= grid.threshold) & found
        return cls(
            people=people,
            found=int(found.sum()),
            refused=int((found & ~kept).sum()),
            pairs=people * (people - 1) // 2,
            false_matches=int(matches.sum()) // 2,
            false_matches_kept=int((matches & kept & kept[:, None]).sum()) // 2,
            own=float(own.sum() / people),
            own_kept=float((own & kept).sum() / people),
        )

    def record(self) -> Record:
        """Return counts and rates."""
        return {
            "people": self.people,
            "found": self.found,
            "refused": self.refused,
            "pairs": self.pairs,
            "fmr_without": self.false_matches / self.pairs,
            "fmr": self.false_matches_kept / self.pairs,
            "false_matches": self.false_matches_kept,
            "fmr_bound": upper_bound(self.false_matches_kept, self.pairs),
            "own_without": self.own,
            "own": self.own_kept,
        }


def upper_bound(events: int, trials: int) -> float:
    """Return the rate that is not exceeded with 95 % confidence (Clopper and Pearson, 1934), one-sided.

    Without events it is the rule of three. Pairs that share a person are not independent, so that the bound is
    somewhat too low.
    """
    return float(beta.ppf(_CONFIDENCE, events + 1, trials - events)) if events < trials else 1.0


def reliability(chances: FloatArray, outcomes: FloatArray) -> list[Record]:
    """Return mean chance and share of outcomes in tenths of the scale."""
    tenths = np.minimum((chances * BINS).astype(int), BINS - 1)
    return [
        {
            "faces": int((tenths == tenth).sum()),
            "mean": float(chances[tenths == tenth].mean()),
            "share": float(outcomes[tenths == tenth].mean()),
        }
        for tenth in range(BINS)
        if (tenths == tenth).any()
    ]
