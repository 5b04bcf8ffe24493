"""Error rates of face recognition, measured from the embeddings of photographs.

Terms follow ISO/IEC 19795-1 and NIST: FMR and FNMR over pairs of photographs, FPIR and FNIR over searches
among people with one photograph each. A similarity at or above a threshold is a match.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apiserver.biometrics.model import Tail

Scores = NDArray[np.float32]
People = NDArray[np.intp]

MIN_PAIRS = 10
"""Number of pairs of people that must exceed a threshold before it is taken from the measurement."""

MIN_PEOPLE = 64
"""64 people make 2,016 pairs, of which ten exceed the cosine that one in 200 exceeds: where measured tails begin."""

_Z = 1.96
_MISSED = -2.0


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Errors:
    """The four rates at one threshold."""

    threshold: float
    fmr: Share
    fnmr: Share
    fpir: Share
    fnir: Share


class Measurement:
    """Error rates of embeddings, shape (n, dimension), whose people are given by number, shape (n,).

    A rate's interval counts every pair of people (FMR), every searched person (FPIR) and every person with several
    photographs (FNMR, FNIR) once, because the photographs of a person are not independent. refused, shape (n,): the
    photographs that match nobody whatever their embeddings are. Raises ValueError if nobody has two photographs.
    """

    def __init__(self, embeddings: Scores, people: People, refused: NDArray[np.bool_] | None = None) -> None:
        accepted = np.ones(len(people), bool) if refused is None else ~refused
        self.people = len(np.unique(people))
        self.photographs = len(people)
        self.people_with_several = int(np.sum(np.bincount(people) > 1))
        self.pairs_of_people = self.people * (self.people - 1) // 2
        if not self.people_with_several:
            raise ValueError("Nobody has two photographs.")
        self.genuine, self.impostor = _compared(embeddings, people, accepted)
        self.strangers, self.mated = _searched(embeddings, people, accepted)

    def at(self, threshold: float) -> Errors:
        """Return the error rates at a threshold."""
        return Errors(
            threshold=threshold,
            fmr=share(float(np.mean(self.impostor >= threshold)), self.pairs_of_people),
            fnmr=share(float(np.mean(self.genuine < threshold)), self.people_with_several),
            fpir=share(float(np.mean(self.strangers >= threshold)), self.people),
            fnir=share(float(np.mean(self.mated < threshold)), self.people_with_several),
        )

    def threshold(self, false_match_rate: float, tail: Tail) -> float | None:
        """Return the cosine that different people reach with this probability, None if there are too few people.

        It is measured down to the rate that ten pairs of people exceed. For lower rates it is extrapolated with the
        model's tail: the measurement determines the position of the tail, the model its shape.
        """
        rate = max(false_match_rate, MIN_PAIRS / self.pairs_of_people)
        if rate > max(tail.rate, false_match_rate):
            return None
        cosine = float(np.quantile(self.impostor, 1 - rate))
        return min(1.0, cosine + tail.cosine(false_match_rate) - tail.cosine(rate))


def people_needed(false_match_rate: float) -> int:
    """Return how many people make enough pairs, three times 1/rate, to confirm a rate with 95 % confidence.

    Rule of three: if none of n independent comparisons fails, the rate is below 3/n with 95 % confidence.
    """
    return math.ceil(0.5 + math.sqrt(0.25 + 2 * 3 / false_match_rate))


def share(value: float, independent: int) -> Share:
    """Return a share of independent observations with Wilson's interval (1927)."""
    spread = _Z * _Z / independent
    centre = (value + spread / 2) / (1 + spread)
    width = _Z / (1 + spread) * math.sqrt(value * (1 - value) / independent + spread / (4 * independent))
    return Share(value, max(0.0, min(value, centre - width)), min(1.0, centre + width))


def _compared(embeddings: Scores, people: People, accepted: NDArray[np.bool_]) -> tuple[Scores, Scores]:
    """Return the cosines of all pairs of the same person and of all pairs of different people."""
    genuine, impostor = [], []
    for row in range(len(people) - 1):
        is_compared = accepted[row + 1 :] & accepted[row]
        scores = np.where(is_compared, embeddings[row + 1 :] @ embeddings[row], np.float32(_MISSED))
        same = people[row + 1 :] == people[row]
        genuine.append(scores[same])
        impostor.append(scores[~same])
    return np.concatenate(genuine), np.concatenate(impostor)


def _searched(embeddings: Scores, people: People, accepted: NDArray[np.bool_]) -> tuple[Scores, Scores]:
    """Return the best cosines of searches among people with their first photograph each.

    The first are those of every photograph as a stranger's, excluding its own person; the second those of every further
    photograph of an enrolled person, if that person scores best.
    """
    enrolled, first = np.unique(people, return_index=True)
    scores = np.where(np.outer(accepted, accepted[first]), embeddings @ embeddings[first].T, _MISSED)
    own = people[:, np.newaxis] == enrolled
    strangers = np.where(own, _MISSED, scores).max(axis=1)
    right = scores[own]
    mated = np.where(right >= strangers, right, _MISSED)
    return strangers.astype(np.float32), np.delete(mated, first).astype(np.float32)
