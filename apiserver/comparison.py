"""Whether faces show one person: one face against another, 1:1. Pure, and of nobody enrolled."""

from collections.abc import Iterator, Sequence
from operator import mul
from typing import NamedTuple

from apiserver.faces import Decision, Face, Model


class Judgement(NamedTuple):
    """What the cosine of two faces means."""

    similarity: float
    probability: float
    decision: Decision


class Pair(NamedTuple):
    """Two faces by their places in their lists."""

    source: int
    target: int
    judgement: Judgement


def judge(similarity: float, model: Model) -> Judgement:
    """Return what a cosine of two faces means by the model's own thresholds, which are 1:1."""
    return Judgement(similarity, model.calibration.probability(similarity), model.thresholds.decide(similarity))


def pairs(sources: Sequence[Face], targets: Sequence[Face], model: Model) -> Iterator[Pair]:
    """Yield every face of one photograph with every face of another, all embedded by `model`."""
    for source, one in enumerate(sources):
        for target, other in enumerate(targets):
            yield Pair(source, target, judge(cosine(one.embedding, other.embedding), model))


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the inner product of two vectors of length 1, rounding errors cut off."""
    return max(-1.0, min(1.0, float(sum(map(mul, one, other)))))
