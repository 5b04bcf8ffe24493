"""From the rate at which strangers may be named to the thresholds for a gallery of a given size.

A stranger is compared with every face of a gallery, and each comparison is a chance of a false match. With n
comparisons, each a false match with probability FMR, FPIR = 1 - (1 - FMR)^n; solved for FMR, the model's tail gives
the cosine.
"""

import math

from apiserver.biometrics.model import Tail, Thresholds

MIN_FPIR, MAX_FPIR = 1e-6, 0.1

MIN_FACES = 100
"""Smaller galleries count as this large: their people are often one family, or doubles chosen on purpose."""

REVIEW_FACTOR = 10
"""At `review`, strangers are named this many times as often as at `match`."""

_MAX_REVIEW_FPIR = 0.5


def false_match_rate(fpir: float, faces: int) -> float:
    """Return the rate of one comparison that gives `fpir` for a search among `faces`."""
    return -math.expm1(math.log1p(-fpir) / max(faces, MIN_FACES))


def thresholds_at(tail: Tail, fpir: float, faces: int) -> Thresholds:
    """Return the cosines at which a search among `faces` names a stranger at `fpir`, or asks for a review."""
    review_fpir = min(REVIEW_FACTOR * fpir, _MAX_REVIEW_FPIR)
    return Thresholds(
        match=tail.cosine(false_match_rate(fpir, faces)), review=tail.cosine(false_match_rate(review_fpir, faces))
    )
