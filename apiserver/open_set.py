"""From the rate at which strangers may be named to the thresholds of a directory, as large as it is at the moment.

A stranger is compared with every face of a directory, and each comparison is a chance to be taken for somebody. With n
comparisons, each a false match with probability FMR, FPIR = 1 - (1 - FMR)^n; solved for FMR, the model's tail gives
the cosine.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from apiserver.directory_settings import DirectorySettings
from apiserver.faces import Model, Tail, Thresholds

LEAST_FPIR, MOST_FPIR = 1e-6, 0.1

FEWEST_FACES = 100
"""A directory counts as no smaller: those of a few people are often of one family, or of doubles chosen on purpose."""

REVIEW_FACTOR = 10
"""`review` begins where strangers would be named so many times as often as at `match`."""

_MOST_REVIEW_FPIR = 0.5


class Source(StrEnum):
    """What decided about the match threshold, the strongest first."""

    REQUEST = "request"
    THRESHOLD = "directory-threshold"
    FPIR = "directory-fpir"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Applied:
    """The thresholds of one search and where they come from.

    `fpir` is the rate that `match` has been made for, unless somebody fixed it, and `review` for ten times as much.
    `faces` is how many enrolled faces that counts on.
    """

    thresholds: Thresholds
    source: Source
    fpir: float
    faces: int


def false_match_rate(fpir: float, faces: int) -> float:
    """Return the rate for one comparison that gives `fpir` over a search among so many faces."""
    return -math.expm1(math.log1p(-fpir) / max(faces, FEWEST_FACES))


def thresholds_at(tail: Tail, fpir: float, faces: int) -> Thresholds:
    """Return the cosines at which a search among `faces` names a stranger at `fpir`, or asks for a review."""
    review_fpir = min(REVIEW_FACTOR * fpir, _MOST_REVIEW_FPIR)
    return Thresholds(
        match=tail.cosine(false_match_rate(fpir, faces)), review=tail.cosine(false_match_rate(review_fpir, faces))
    )


def apply(
    model: Model, settings: DirectorySettings, default_fpir: float, faces: int, requested: float | None = None
) -> Applied:
    """Return the thresholds of a search.

    A request's own beats the directory's threshold, which beats its rate, which beats the service's. A threshold that
    was set for another model is passed over: its cosine says nothing about this one's.
    """
    fpir = settings.fpir if settings.fpir is not None else default_fpir
    by_rate = thresholds_at(model.tail, fpir, faces)
    if requested is not None:
        return Applied(by_rate.with_match(requested), Source.REQUEST, fpir, faces)
    if settings.threshold is not None and settings.threshold_model == model.id:
        return Applied(by_rate.with_match(settings.threshold), Source.THRESHOLD, fpir, faces)
    return Applied(by_rate, Source.DEFAULT if settings.fpir is None else Source.FPIR, fpir, faces)
