"""From the rate at which strangers may be named to the thresholds for a gallery of a given size.

A stranger is compared with every face of a gallery, and each comparison is a chance of a false match. With n
comparisons, each a false match with probability FMR, FPIR = 1 - (1 - FMR)^n; solved for FMR, the model's tail gives
the cosine. The same holds for a stranger's photograph that is compared with all photographs of one person.
"""

import math

from apiserver.biometrics.model import Tail, Thresholds

MIN_FPIR, MAX_FPIR = 1e-6, 0.1

MIN_FACES = 100
"""Smaller galleries count as this large: their people are often one family, or doubles chosen on purpose."""

REVIEW_FACTOR = 10
"""At `review`, strangers are named this many times as often as at `match`."""

_MAX_REVIEW_FPIR = 0.5

MISSED_STRANGERS = 0.01
"""The share of strangers' photographs that resemble a person's photographs by chance as much as that person does."""

OWN_FACES_A_LIKENESS = 3
"""A photograph of a person has to resemble one in this many of the person's others."""


def false_match_rate(fpir: float, faces: int) -> float:
    """Return the rate of one comparison that gives `fpir` for a search among `faces`."""
    return _rate_of_one(fpir, max(faces, MIN_FACES))


def thresholds_at(tail: Tail, fpir: float, faces: int) -> Thresholds:
    """Return the cosines at which a search among `faces` names a stranger at `fpir`, or asks for a review."""
    review_fpir = min(REVIEW_FACTOR * fpir, _MAX_REVIEW_FPIR)
    return Thresholds(
        match=tail.cosine(false_match_rate(fpir, faces)), review=tail.cosine(false_match_rate(review_fpir, faces))
    )


def stranger_named(tail: Tail, threshold: float, faces: int) -> float:
    """Return the share of strangers who reach a threshold with any of `faces`: the inverse of `thresholds_at`."""
    rate = tail.false_match_rate(threshold)
    return -math.expm1(math.log1p(-rate) * max(faces, MIN_FACES)) if rate < 1 else 1.0


def likeness_rank(faces: int) -> int:
    """Return how many of a person's other `faces` a photograph of that person has to resemble: a third of them.

    One would be enough if all of them were the person's. A third is more than a few photographs of a stranger, which
    resemble each other, and leaves room for ages, profiles and beards.
    """
    return math.ceil(faces / OWN_FACES_A_LIKENESS)


def likeness_limit(tail: Tail, faces: int) -> float:
    """Return the cosine that a photograph of a person has with `likeness_rank` of that person's other `faces`.

    By chance, strangers reach it in a share of at most `MISSED_STRANGERS`.
    """
    return tail.cosine(_rate_of_one(MISSED_STRANGERS, faces / likeness_rank(faces)))


def _rate_of_one(rate: float, comparisons: float) -> float:
    """Return the rate of one comparison that gives `rate` for any of several."""
    return -math.expm1(math.log1p(-rate) / comparisons)
