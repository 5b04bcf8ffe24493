"""Error rates of 1:1 comparison, in the terms of ISO/IEC 19795-1.

A similarity at or above the threshold is a match. FMR is the share of impostor comparisons (two people) that match,
FNMR the share of genuine comparisons (one person) that do not.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score, roc_curve

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

NO_FACE = -2.0
"""The similarity of a comparison that lacks a face: below every cosine, so that no threshold makes it a match."""

THRESHOLD_DECIMALS = 4
STEP = 10**-THRESHOLD_DECIMALS


@dataclass(frozen=True)
class OperatingPoint:
    """The error rates at one threshold."""

    threshold: float
    fmr: float
    fnmr: float


class Roc:
    """The trade between false matches and false non-matches over all thresholds."""

    def __init__(self, same: BoolArray, similarity: FloatArray) -> None:
        """Take comparisons, shape (n,) each. Raises ValueError unless there are both genuine and impostor ones."""
        if same.all() or not same.any():
            raise ValueError("Both pairs of one person and pairs of two people are needed.")
        self.genuine_pairs = int(same.sum())
        self.impostor_pairs = int(same.size - same.sum())
        self._same, self._similarity = same, similarity
        fmr, match_rate, thresholds = roc_curve(same, similarity, drop_intermediate=False)
        # The first point matches nothing, at threshold infinity: a step above the highest similarity says the same.
        thresholds[0] = thresholds[1] + STEP
        self.thresholds: FloatArray = thresholds
        self.fmr: FloatArray = fmr
        self.fnmr: FloatArray = 1 - match_rate

    def at(self, threshold: float) -> OperatingPoint:
        """Return the rates at a threshold."""
        last_match = int(np.searchsorted(-self.thresholds, -threshold, side="right")) - 1
        point = max(last_match, 0)
        return OperatingPoint(threshold, float(self.fmr[point]), float(self.fnmr[point]))

    def at_fmr(self, fmr: float) -> OperatingPoint:
        """Return the lowest threshold whose FMR is at most the given one.

        It is rounded up at the fourth decimal, so that a copied number keeps the rate.
        """
        lowest = float(self.thresholds[np.searchsorted(self.fmr, fmr, side="right") - 1])
        rounded = round(lowest, THRESHOLD_DECIMALS)
        return self.at(rounded if rounded >= lowest else round(rounded + STEP, THRESHOLD_DECIMALS))

    def measures(self, fmr: float) -> bool:
        """Whether there are enough impostor pairs for a single false match to stay within this FMR."""
        return fmr * self.impostor_pairs >= 1

    def equal_error_rate(self) -> float:
        """Return the rate at which false matches are as frequent as false non-matches."""
        nearest = int(np.argmin(np.abs(self.fmr - self.fnmr)))
        return float(self.fmr[nearest] + self.fnmr[nearest]) / 2

    def area_under_curve(self) -> float:
        """Return the probability that a genuine pair is more similar than an impostor pair."""
        return float(roc_auc_score(self._same, self._similarity))

    def most_accurate_threshold(self) -> float:
        """Return the threshold with the fewest wrong decisions; of equal ones the one farthest from any similarity."""
        wrong = self.fmr * self.impostor_pairs + self.fnmr * self.genuine_pairs
        gaps = -np.diff(self.thresholds, append=self.thresholds[-1])
        best = int(np.lexsort((-gaps, np.round(wrong)))[0])
        return float(self.thresholds[best] - gaps[best] / 2)
