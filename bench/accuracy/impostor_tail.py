"""The upper end of a model's impostor scores, as a generalized Pareto distribution."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import genpareto

from apiserver.biometrics.model import Tail
from bench.accuracy.error_rates import FloatArray

TAIL_RATE = 0.005
"""The share of impostor scores the tail is fitted to: above it the fits hardly change, below it they do."""

People = NDArray[np.intp]


def impostor_scores(embeddings: FloatArray, people: People) -> FloatArray:
    """Return the cosine of every two photographs, shape (n, dimension), whose numbers of a person, (n,), differ."""
    first, second = np.triu_indices(len(people), k=1)
    scores: FloatArray = (embeddings @ embeddings.T)[first, second][people[first] != people[second]]
    return scores


def genuine_scores(embeddings: FloatArray, people: People) -> FloatArray:
    """Return the cosine of every two photographs of one person, arguments as above."""
    first, second = np.triu_indices(len(people), k=1)
    same = people[first] == people[second]
    scores: FloatArray = np.einsum("nd,nd->n", embeddings[first[same]], embeddings[second[same]])
    return scores


def fit_tail(scores: FloatArray, rate: float = TAIL_RATE) -> Tail:
    """Fit the highest `rate` of impostor scores by maximum likelihood.

    Pairs that share a person are not independent: that widens the error of the fit and leaves its mean in place.
    """
    start = float(np.quantile(scores, 1 - rate))
    shape, _, scale = genpareto.fit(scores[scores > start] - start, floc=0)
    return Tail(start=start, rate=rate, scale=float(scale), shape=float(shape))
