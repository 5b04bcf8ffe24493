"""The model of an embedder, and how to read the cosines of its embeddings."""

import math
from dataclasses import dataclass
from enum import StrEnum


class Decision(StrEnum):
    """What a similarity means: the same person, perhaps the same person, an unknown person."""

    MATCH = "match"
    REVIEW = "review"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The cosines from which a candidate is a match, or worth a review; `review` is at most `match`."""

    match: float
    review: float

    def with_match(self, match: float) -> "Thresholds":
        """Return thresholds with another `match`; if that is below `review`, there is no review band."""
        return Thresholds(match=match, review=min(self.review, match))

    def decide(self, similarity: float) -> Decision:
        """Return what the cosine `similarity` of the best candidate means."""
        if similarity >= self.match:
            return Decision.MATCH
        return Decision.REVIEW if similarity >= self.review else Decision.UNKNOWN


@dataclass(frozen=True, slots=True)
class Tail:
    """How often two different people reach a high similarity: a generalized Pareto tail.

    P(cosine >= t) = rate * (1 + shape * (t - start) / scale) ** (-1 / shape) for t >= start, and an exponential at
    shape 0 (Balkema and de Haan 1974, Pickands 1975: the excess over a high threshold tends to this form).
    """

    start: float
    rate: float
    scale: float
    shape: float

    @classmethod
    def through(cls, thresholds: Thresholds) -> "Tail":
        """Return the exponential through a `match` at FMR 1e-5 and a `review` at 1e-4, for a model without a tail.

        Measured tails fall faster than an exponential, so this one errs towards `unknown` in large directories.
        """
        decade = max(thresholds.match - thresholds.review, _MIN_DECADE)
        return cls(start=thresholds.match - decade, rate=1e-4, scale=decade / math.log(10), shape=0.0)

    def cosine(self, false_match_rate: float) -> float:
        """Return the threshold, at most 1, that different people reach with this probability.

        For a rate above the tail's own it is the tail's start: the tail does not describe lower cosines.
        """
        rarity = math.log(self.rate / false_match_rate)
        if rarity <= 0:
            return self.start
        growth = math.expm1(self.shape * rarity) / self.shape if self.shape else rarity
        return min(1.0, self.start + self.scale * growth)

    def false_match_rate(self, cosine: float) -> float:
        """Return the probability that different people reach a cosine: the inverse of `cosine`.

        Below the tail's start it is the tail's own rate, which is then too low.
        """
        excess = max(0.0, cosine - self.start) / self.scale
        if not self.shape:
            return self.rate * math.exp(-excess)
        base = 1 + self.shape * excess
        return self.rate * base ** (-1 / self.shape) if base > 0 else 0.0


_MIN_DECADE = 0.01
"""The difference of cosine between FMR 1e-4 and 1e-5 is taken to be at least this."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic from cosine to the probability that both faces are one person, at even prior."""

    slope: float
    intercept: float

    def probability(self, similarity: float) -> float:
        """Return a value in [0, 1], monotone in `similarity`."""
        return 1.0 / (1.0 + math.exp(-(self.slope * similarity + self.intercept)))


@dataclass(frozen=True, slots=True)
class Model:
    """The embedder whose embeddings may be compared with each other, and how to read their cosines.

    calibrated: whether the numbers were measured with this model; otherwise they are those of another one.
    recognizability_floor: below it, strangers match each other; None if the model does not measure recognizability.
    """

    id: str
    dimension: int
    calibration: Calibration
    thresholds: Thresholds
    known_tail: Tail | None = None
    calibrated: bool = False
    recognizability_floor: float | None = None

    @property
    def tail(self) -> Tail:
        """The tail of impostor scores; estimated from the thresholds if it was not measured."""
        return self.known_tail or Tail.through(self.thresholds)


class Scoring(StrEnum):
    """How a person's faces are combined: maximum similarity, or mean weighted by detector score."""

    MAX = "max"
    MEAN = "mean"
