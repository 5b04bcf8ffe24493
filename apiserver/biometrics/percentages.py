"""Similarities as percentages, for clients that know no cosines.

A logistic curve of the cosine, through two points of each model: one in 10,000 pairs of different people reaches 80 %,
one in a million 99 %. See docs/rekognition.md.
"""

import math
from dataclasses import dataclass
from typing import Self

from apiserver.biometrics.model import Tail

LOW, LOW_RATE = 80.0, 1e-4
HIGH, HIGH_RATE = 99.0, 1e-6
"""Percentages, and the rates of false matches at which a model has them."""

_DECIMALS = 4
_HALF_A_DIGIT = 0.5 * 10**-_DECIMALS
_MIN_DIFFERENCE = 0.001
"""Of the two cosines, for a model whose tail ends at 1."""


@dataclass(frozen=True, slots=True)
class Percentages:
    """The curve of a model: 100 / (1 + exp(-(slope * cosine + intercept)))."""

    slope: float
    intercept: float

    @classmethod
    def of(cls, tail: Tail) -> Self:
        """Return the curve of a model with this tail of impostor scores."""
        low, high = tail.cosine(LOW_RATE), tail.cosine(HIGH_RATE)
        slope = (_logit(HIGH) - _logit(LOW)) / max(high - low, _MIN_DIFFERENCE)
        return cls(slope, _logit(LOW) - slope * low)

    def percent(self, cosine: float) -> float:
        """Return the percentage of a cosine, 0 to 100; it never falls as the cosine rises."""
        exponent = -(self.slope * cosine + self.intercept)
        return round(100 / (1 + math.exp(min(exponent, 700))), _DECIMALS)

    def cosine(self, percent: float) -> float:
        """Return the least cosine, -1 to 1, with this percentage."""
        exact = percent - _HALF_A_DIGIT
        if exact <= 0:
            return -1.0
        return max(-1.0, min(1.0, (_logit(exact) - self.intercept) / self.slope))


def _logit(percent: float) -> float:
    return math.log(percent / (100 - percent))
