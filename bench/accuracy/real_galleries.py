"""Open-set searches among real people, at the thresholds the gateway would use."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from apiserver.biometrics.model import Tail
from apiserver.biometrics.open_set import thresholds_at
from bench.accuracy.error_rates import BoolArray, FloatArray
from bench.accuracy.impostor_tail import People, fit_tail, impostor_scores
from bench.accuracy.stranger_rates import FPIRS, Rates, interval
from bench.photographs.synthetic_embeddings import upper_quantiles

REAL_SIZES = (100, 500, 1000)
ROUNDS = 40
MIN_STRANGERS = 50


@dataclass(frozen=True)
class _Round:
    """Searches of one gallery: the best score of each stranger and who it is for; that of the enrolled, if right."""

    fitted_people: int
    tail: Tail
    stranger_scores: FloatArray
    stranger_pairs: list[frozenset[int]]
    mated_scores: FloatArray


def search_real_people(embeddings: FloatArray, people: People, size: int, seed: int) -> list[Rates]:
    """Split real people again and again: `size` are enrolled, others are strangers, and half of all fit the tail.

    Where there are too few for that, the enrolled fit it; strangers never do. One photograph of each is enrolled; all
    photographs of the strangers are searched for, and the further ones of the enrolled.
    """
    random = np.random.default_rng(seed)
    rounds = [_real_round(embeddings, people, size, random) for _ in range(ROUNDS)]
    return [_rates(rounds, size, fpir) for fpir in FPIRS]


def _real_round(embeddings: FloatArray, people: People, size: int, random: np.random.Generator) -> _Round:
    order = random.permutation(np.unique(people))
    half = len(order) // 2
    apart = half + size + MIN_STRANGERS <= len(order)
    to_fit = np.isin(people, order[:half] if apart else order[:size])
    tail = fit_tail(impostor_scores(embeddings[to_fit], people[to_fit]))
    first = half if apart else 0
    enrolled = np.array([random.choice(np.flatnonzero(people == person)) for person in order[first : first + size]])
    strangers = np.flatnonzero(np.isin(people, order[first + size :]))
    mated = np.setdiff1d(np.flatnonzero(np.isin(people, people[enrolled])), enrolled)
    gallery = embeddings[enrolled].T
    scores, found = embeddings[strangers] @ gallery, embeddings[mated] @ gallery
    best = scores.argmax(axis=1)
    pairs = [frozenset((people[probe], people[enrolled[one]])) for probe, one in zip(strangers, best, strict=True)]
    right = people[enrolled][found.argmax(axis=1)] == people[mated]
    return _Round(half if apart else size, tail, scores.max(axis=1), pairs, np.where(right, found.max(axis=1), -1.0))


def _rates(rounds: Sequence[_Round], size: int, fpir: float) -> Rates:
    limits = [thresholds_at(one.tail, fpir, size).match for one in rounds]
    named = [one.stranger_scores >= limit for one, limit in zip(rounds, limits, strict=True)]
    missed = [one.mated_scores < limit for one, limit in zip(rounds, limits, strict=True)]
    pairs = {pair for one, hits in zip(rounds, named, strict=True) for pair, hit in _paired(one, hits) if hit}
    strangers, count = sum(map(len, named)), int(sum(map(np.sum, named)))
    low, high = interval(len(pairs), round(len(pairs) * strangers / count) if count else strangers)
    return Rates(
        persons=size,
        fitted_people=rounds[0].fitted_people,
        fpir_asked=fpir,
        fpir=count / strangers,
        fpir_low=low,
        fpir_high=high,
        fnir=float(np.mean(np.concatenate(missed))),
        threshold=float(np.median(limits)),
        strangers=strangers,
        named=count,
        look_alikes=len(pairs),
    )


def _paired(one: _Round, hits: BoolArray) -> Iterator[tuple[frozenset[int], bool]]:
    return zip(one.stranger_pairs, hits, strict=True)


def comparisons_of_samples(embeddings: FloatArray, people: People, samples: int) -> float:
    """Return how many independent comparisons several photographs of one person count as, at a rate of 1e-4 each.

    People with that number of photographs are enrolled, and all photographs of others are searched for.
    """
    counts = np.bincount(people)
    limit = float(upper_quantiles(impostor_scores(embeddings, people), (1e-4,))[0])
    single, joint = [], []
    for person in np.flatnonzero(counts >= samples):
        enrolled = np.flatnonzero(people == person)[:samples]
        reached = embeddings[people != person] @ embeddings[enrolled].T >= limit
        single.append(reached.mean())
        joint.append(reached.any(axis=1).mean())
    return float(np.mean(joint) / np.mean(single))
