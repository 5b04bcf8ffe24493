"""Synthetic people whose photographs resemble each other, and other people's, as much as real ones do.

An embedding is taken for a person plus a photograph, both normally distributed with the covariances of real ones
(probabilistic linear discriminant analysis; Prince and Elder, 2007), and scaled to length 1. Some photographs are worse
than others, so the part of the photograph has a lognormal weight.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Rng = np.random.Generator

SPREAD = 0.3
"""Of photographs' quality: with it, pairs of one person vary as much as real ones."""
SHRINKAGE = 0.1


@dataclass(frozen=True)
class Population:
    """How people differ: the mean [d], and square roots [d, d] of the covariances between people and within one."""

    mean: Floats
    between: Floats
    within: Floats

    @classmethod
    def of(cls, embeddings: Floats, people: Sequence[str]) -> "Population":
        """Fit embeddings [n, d], L2-normalised, of people with several photographs each."""
        names, numbers = np.unique(people, return_inverse=True)
        counts = np.bincount(numbers)
        means = np.stack([embeddings[numbers == number].mean(axis=0) for number in range(len(names))])
        residuals = embeddings - means[numbers]
        within = residuals.T @ residuals / (len(embeddings) - len(names))
        centred = means - means.mean(axis=0)
        # The mean of few photographs still contains a part of the variance within a person.
        between = centred.T @ centred / (len(names) - 1) - within * np.mean(1 / counts)
        return cls(means.mean(axis=0).astype(np.float32), _root(_shrunk(between)), _root(within))

    def people(self, rng: Rng, count: int) -> Floats:
        """Return new people, [count, d], not normalised."""
        return self.mean + rng.standard_normal((count, len(self.mean)), dtype=np.float32) @ self.between

    def photographs(self, rng: Rng, people: Floats) -> Floats:
        """Return an embedding of a new photograph of each person, [count, d]."""
        weights = np.exp(SPREAD * rng.standard_normal((len(people), 1), dtype=np.float32) - SPREAD**2 / 2)
        raw = people + weights * (rng.standard_normal(people.shape, dtype=np.float32) @ self.within)
        embeddings: Floats = raw / np.linalg.norm(raw, axis=1, keepdims=True)
        return embeddings


def _shrunk(covariance: NDArray[np.floating]) -> NDArray[np.floating]:
    """Shrink a covariance of few samples towards a sphere: its rank is limited by the number of samples."""
    sphere = np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    shrunk: NDArray[np.floating] = (1 - SHRINKAGE) * covariance + SHRINKAGE * sphere
    return shrunk


def _root(covariance: NDArray[np.floating]) -> Floats:
    """Return a symmetric square root; negative eigenvalues, which come from noise, count as 0."""
    values, vectors = np.linalg.eigh(covariance)
    root: Floats = ((vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T).astype(np.float32)
    return root
