"""Whether two faces show one person (1:1), without a gallery."""

from collections.abc import Iterator, Sequence
from operator import mul
from typing import NamedTuple

from apiserver.biometrics.face import Face
from apiserver.biometrics.model import Decision, Model
from apiserver.biometrics.recognizability import UnknownReason, unknown_reason


class Judgement(NamedTuple):
    """What the cosine of two faces means. reason: why they are unknown whatever the cosine is, if one of them is."""

    similarity: float
    probability: float
    decision: Decision
    reason: UnknownReason | None = None


class Pair(NamedTuple):
    """Two faces by their indexes in their lists."""

    source: int
    target: int
    judgement: Judgement


def judge(similarity: float, model: Model, reason: UnknownReason | None = None) -> Judgement:
    """Return what a cosine of two faces means by the model's own thresholds, which are 1:1."""
    decision = Decision.UNKNOWN if reason else model.thresholds.decide(similarity)
    return Judgement(similarity, model.calibration.probability(similarity), decision, reason)


def pairs(sources: Sequence[Face], targets: Sequence[Face], model: Model) -> Iterator[Pair]:
    """Yield every face of one photograph with every face of another, all embedded by `model`."""
    floor = model.recognizability_floor
    reasons = [unknown_reason(target.recognizability, floor) for target in targets]
    for i, source in enumerate(sources):
        reason = unknown_reason(source.recognizability, floor)
        for j, target in enumerate(targets):
            yield Pair(i, j, judge(cosine(source.embedding, target.embedding), model, reason or reasons[j]))


def cosine(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the inner product of two vectors of length 1, limited to [-1, 1]."""
    return max(-1.0, min(1.0, float(sum(map(mul, first, second)))))
