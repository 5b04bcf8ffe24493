"""Open-set searches among synthetic people, at the thresholds the gateway would use."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apiserver.biometrics.model import Tail
from apiserver.biometrics.open_set import thresholds_at
from bench.accuracy.error_rates import FloatArray
from bench.accuracy.stranger_rates import FPIRS, Rates, interval
from bench.photographs.synthetic_embeddings import SyntheticPeople, another_photograph, upper_quantiles

Scores = NDArray[np.floating[Any]]

SYNTHETIC_SIZES = (100, 1000, 10_000)
SYNTHETIC_STRANGERS = 30_000
SHOWN_RATES = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7)
_CHUNK = 1000


@dataclass(frozen=True)
class _Searches:
    """The best scores in galleries of a size: of strangers, and of enrolled people if they are right."""

    size: int
    strangers: Scores
    mated: Scores


def search_synthetic_people(population: SyntheticPeople, tail: Tail, cosines: FloatArray, fitted: int) -> list[Rates]:
    """Enrol 10,000 synthetic people, whole and in smaller galleries, and search for 30,000 strangers and for them."""
    everyone: Scores = population.draw(max(SYNTHETIC_SIZES) + SYNTHETIC_STRANGERS, seed=11)
    gallery, strangers = everyone[: max(SYNTHETIC_SIZES)], everyone[max(SYNTHETIC_SIZES) :]
    again = another_photograph(gallery, population, cosines, seed=12)
    rates = []
    for size in SYNTHETIC_SIZES:
        best = np.concatenate([_best_of_each(chunk, gallery, size) for chunk in _chunks(strangers)])
        found = np.concatenate([_if_best(again, gallery, start, size) for start in range(0, len(gallery), _CHUNK)])
        rates += [_rates(_Searches(size, best, found), tail, fitted, fpir) for fpir in FPIRS]
    return rates


def _rates(searches: _Searches, tail: Tail, fitted: int, fpir: float) -> Rates:
    best, limit = searches.strangers, thresholds_at(tail, fpir, searches.size).match
    named = int(np.sum(best >= limit))
    low, high = interval(named, best.size)
    return Rates(
        persons=searches.size,
        fitted_people=fitted,
        fpir_asked=fpir,
        fpir=named / best.size,
        fpir_low=low,
        fpir_high=high,
        fnir=float(np.mean(searches.mated < limit)),
        threshold=limit,
        strangers=int(best.size),
        named=named,
        look_alikes=named,
    )


def _chunks(rows: Scores) -> Iterator[Scores]:
    return (rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK))


def _best_of_each(probes: Scores, gallery: Scores, size: int) -> Scores:
    """Return each probe's best score in each gallery of `size` that the people make up, shape (probes, galleries)."""
    scores: Scores = (probes @ gallery.T).reshape(len(probes), -1, size).max(axis=2)
    return scores


def _if_best(probes: Scores, gallery: Scores, start: int, size: int) -> Scores:
    """Return the score of probes with their own row of the gallery, -1 where another of its gallery scores higher."""
    chunk = probes[start : start + _CHUNK]
    scores = chunk @ gallery.T
    rows = np.arange(len(chunk))
    own = scores[rows, start + rows]
    best = scores.reshape(len(chunk), -1, size).max(axis=2)[rows, (start + rows) // size]
    return np.where(own >= best, own, -1.0)


def resemblance(population: SyntheticPeople, scores: FloatArray) -> list[dict[str, float]]:
    """Compare how alike real and synthetic people are: the cosine reached with each probability."""
    people = population.draw(20_000, seed=13)
    synthetic = np.concatenate([(chunk @ people[10_000:].T).ravel() for chunk in _chunks(people[:10_000])])
    rates = [rate for rate in SHOWN_RATES if rate * len(scores) >= 2]
    real = dict(zip(rates, upper_quantiles(scores, tuple(rates)), strict=True))
    made = upper_quantiles(synthetic, SHOWN_RATES)
    return [
        {"fmr": rate, "synthetic": float(cosine)} | ({"real": float(real[rate])} if rate in real else {})
        for rate, cosine in zip(SHOWN_RATES, made, strict=True)
    ]
