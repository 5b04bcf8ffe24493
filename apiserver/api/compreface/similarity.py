"""Similarities as CompreFace gives them: a curve for each model, so that thresholds of its clients keep their meaning.

CompreFace maps the distance d of two embeddings of length 1 to (tanh((c0 - d) * c1) + 1) / 2, with coefficients that
were fitted to each of its models. Here they follow from the tail of each model's impostor scores: two pairs of
strangers that are equally rare have the same similarity under every model. The curve of reference is that of
CompreFace's MobileFaceNet with `w600k_mbf`, the model here that is closest to it; see docs/compreface.md.
"""

import math
from functools import lru_cache
from typing import NamedTuple

from apiserver.biometrics.model import Model, Tail

REFERENCE = Tail(start=0.1989, rate=0.005, scale=0.02708, shape=-0.04433)
"""The impostor scores of `w600k_mbf`, as of 2026: a later measurement must not change what clients see."""

_RARE_RATE = 1e-5


class Curve(NamedTuple):
    """The coefficients of a model. half: the distance at 0.5. steepness: how fast the similarity changes there."""

    half: float
    steepness: float

    @classmethod
    def of(cls, model: Model) -> "Curve":
        """Return the curve of a model."""
        return _through(model.tail)

    def similarity(self, cosine: float) -> float:
        """Return the similarity, 0 to 1, of two embeddings with this cosine."""
        return (math.tanh((self.half - distance(cosine)) * self.steepness) + 1) / 2


MOBILEFACENET = Curve(1.26538905, 5.552089201)
"""The curve of CompreFace's MobileFaceNet: 0.5 is at the cosine 0.1994."""


def distance(cosine: float) -> float:
    """Return the Euclidean distance of two vectors of length 1 with this cosine."""
    return math.sqrt(max(0.0, 2 - 2 * cosine))


HALF_RATE = REFERENCE.false_match_rate(1 - MOBILEFACENET.half**2 / 2)
"""The share of pairs of strangers that reach 0.5."""

RARE_SIMILARITY = MOBILEFACENET.similarity(REFERENCE.cosine(_RARE_RATE))
"""The similarity that one in 100,000 pairs of strangers reaches."""


@lru_cache(maxsize=16)
def _through(tail: Tail) -> Curve:
    half, rare = distance(tail.cosine(HALF_RATE)), distance(tail.cosine(_RARE_RATE))
    return Curve(half, math.atanh(2 * RARE_SIMILARITY - 1) / (half - rare))
