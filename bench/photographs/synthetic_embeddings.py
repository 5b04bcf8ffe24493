"""Embeddings of people who do not exist, as like each other as real ones are.

An identity is a normal vector with the mean and, up to a power of its eigenvalues, the covariance of real embeddings.
Part of it is shared with others: with one in 10 people, with one in 100, … with one in a million, as sex, age, descent
and family make real people alike. The power and the shares, which follow a power of the group's rarity in decades, are
searched for so that two people reach a cosine with the real probability, from 1e-2 to 1e-5. Beyond that, and so in the
largest galleries, resemblance depends on this construction.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.covariance import LedoitWolf

from bench.accuracy.error_rates import FloatArray

Float32Array = NDArray[np.float32]

GROUPS = [10**level for level in range(1, 7)]
RATES = (1e-2, 1e-3, 1e-4, 1e-5)
_SHARED_BY_ALL_DRAWS = 1000
"""Up to this number, groups are the same in every draw: the common part of few groups depends on chance."""

_SAMPLE = 3000
_SEEDS = (0, 1)
_EVALUATIONS = 40
_START = np.array([0.9, -3.2, 1.0])
_STEPS = (0.15, 0.5, 0.6)
_MAX_SHARED = 0.9


@dataclass(frozen=True)
class SyntheticPeople:
    """A population to draw from. mean: (d,); axes: (d, d), whose columns are scaled; shares: of each group's part."""

    mean: Float32Array
    axes: Float32Array
    shares: FloatArray

    @classmethod
    def like(cls, embeddings: FloatArray, scores: FloatArray) -> "SyntheticPeople":
        """Fit a population to real embeddings, shape (n, d), and the cosines of different people among them."""
        wanted = upper_quantiles(scores, RATES)
        mean, covariance = embeddings.mean(axis=0), LedoitWolf().fit(embeddings).covariance_
        drawn = [_Draw(_SAMPLE, len(mean), seed) for seed in _SEEDS]

        def population(parameters: FloatArray) -> SyntheticPeople:
            return cls(mean.astype(np.float32), _axes(covariance, parameters[0]), _shares(parameters[1:]))

        def miss(parameters: FloatArray) -> float:
            people = population(parameters)
            got = np.mean([_quantiles_among(draw.embeddings(people)) for draw in drawn], axis=0)
            return float(np.sum((got - wanted) ** 2)) * 1e4

        simplex = np.array([_START, *(_START + step * np.eye(3)[axis] for axis, step in enumerate(_STEPS))])
        options = {"maxfev": _EVALUATIONS, "initial_simplex": simplex, "xatol": 1e-3, "fatol": 1e-3}
        return population(minimize(miss, _START, method="Nelder-Mead", options=options).x)

    def draw(self, count: int, seed: int) -> Float32Array:
        """Return the embeddings of new people, one photograph each, shape (count, d), rows of length 1."""
        return _Draw(count, len(self.mean), seed).embeddings(self)


class _Draw:
    """People before it is known how much they share: shape (groups + 1, count, d)."""

    def __init__(self, count: int, dimension: int, seed: int) -> None:
        random = np.random.default_rng(seed)
        parts: list[Float32Array] = [random.standard_normal((count, dimension), dtype=np.float32)]
        for groups in GROUPS:
            known, member = np.unique(random.integers(groups, size=count), return_inverse=True)
            source = np.random.default_rng(groups) if groups <= _SHARED_BY_ALL_DRAWS else random
            size = groups if groups <= _SHARED_BY_ALL_DRAWS else len(known)
            own = source.standard_normal((size, dimension), dtype=np.float32)
            parts.append(own[known[member]] if groups <= _SHARED_BY_ALL_DRAWS else own[member])
        self._parts = parts

    def embeddings(self, people: SyntheticPeople) -> Float32Array:
        weights: Float32Array = np.sqrt([1 - people.shares.sum(), *people.shares]).astype(np.float32)
        mixed = np.zeros_like(self._parts[0])
        for weight, part in zip(weights, self._parts, strict=True):
            mixed += weight * part
        return unit(people.mean + mixed @ people.axes.T)


def another_photograph(enrolled: Float32Array, people: SyntheticPeople, cosines: FloatArray, seed: int) -> Float32Array:
    """Return a second photograph of each of the enrolled, (n, d), at a cosine drawn from those of real people."""
    random = np.random.default_rng(seed)
    noise = random.standard_normal(enrolled.shape, dtype=np.float32) @ people.axes.T
    aside = unit(noise - np.sum(noise * enrolled, axis=1, keepdims=True) * enrolled)
    cosine = random.choice(cosines, size=(len(enrolled), 1)).astype(np.float32)
    return unit(cosine * enrolled + np.sqrt(1 - cosine**2) * aside)


def unit(vectors: NDArray[np.floating[Any]]) -> Float32Array:
    """Return the rows at length 1."""
    scaled: Float32Array = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return scaled


def upper_quantiles(scores: FloatArray | Float32Array, rates: tuple[float, ...]) -> FloatArray:
    """Return the score that is reached with each probability."""
    quantiles: FloatArray = np.quantile(scores, 1 - np.array(rates)).astype(np.float64)
    return quantiles


def _quantiles_among(embeddings: Float32Array) -> FloatArray:
    half = len(embeddings) // 2
    return upper_quantiles((embeddings[:half] @ embeddings[half:].T).ravel(), RATES)


def _axes(covariance: FloatArray, power: float) -> Float32Array:
    """Return a root of the covariance after its eigenvalues were raised to a power, their sum kept."""
    values, vectors = np.linalg.eigh(covariance)
    raised = np.clip(values, 1e-9, None) ** power
    axes: Float32Array = (vectors * np.sqrt(raised * values.sum() / raised.sum())).astype(np.float32)
    return axes


def _shares(parameters: FloatArray) -> FloatArray:
    """Return the share of each size of group: that of 10 times the power of the size's logarithm that is given."""
    shares: FloatArray = np.exp(parameters[0]) * np.arange(1, len(GROUPS) + 1) ** parameters[1]
    shares *= min(1.0, _MAX_SHARED / shares.sum())
    return shares
