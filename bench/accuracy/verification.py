"""Verification over a table of labelled pairs: metrics at a threshold, and accuracy by folds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, precision_recall_fscore_support
from sklearn.model_selection import StratifiedKFold

from bench.accuracy.error_rates import BoolArray, FloatArray, Roc

StrArray = NDArray[np.str_]


@dataclass(frozen=True)
class Decisions:
    """How well the decisions at one threshold agree with the labels."""

    threshold: float
    accuracy: float
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class FoldAccuracy:
    """Accuracy on each fold at the threshold that is best on all other folds, and their mean and standard deviation."""

    mean: float
    standard_deviation: float
    accuracies: list[float]
    thresholds: list[float]


def decide(same: BoolArray, similarity: FloatArray, threshold: float) -> Decisions:
    """Judge the decisions at a threshold; precision is 0 where nothing matches."""
    matched = similarity >= threshold
    precision, recall, f1, _ = precision_recall_fscore_support(same, matched, average="binary", zero_division=0)
    return Decisions(threshold, float(accuracy_score(same, matched)), float(precision), float(recall), float(f1))


def accuracy_by_folds(same: BoolArray, similarity: FloatArray, folds: StrArray) -> FoldAccuracy:
    """Measure each fold at the threshold the other folds choose; `folds` names the fold of each pair."""
    accuracies, thresholds = [], []
    for fold in np.unique(folds):
        measured = folds == fold
        threshold = Roc(same[~measured], similarity[~measured]).most_accurate_threshold()
        accuracies.append(decide(same[measured], similarity[measured], threshold).accuracy)
        thresholds.append(threshold)
    return FoldAccuracy(float(np.mean(accuracies)), float(np.std(accuracies)), accuracies, thresholds)


def folds_of(same: BoolArray, given: Sequence[str | None]) -> StrArray:
    """Return the folds of a table, or ten with equal shares of both kinds of pairs if it has none.

    Fewer than ten if there are fewer pairs of a kind. Raises ValueError if only some pairs have a fold, or if the pairs
    are too few for two folds.
    """
    named = [fold for fold in given if fold is not None]
    if named and len(named) != len(given):
        raise ValueError("Some pairs have a fold and others do not.")
    return np.array(named) if named else _stratified(same)


def _stratified(same: BoolArray) -> StrArray:
    count = min(10, int(same.sum()), int((~same).sum()))
    if count < 2:
        raise ValueError("At least two pairs of one person and two of two people are needed.")
    folds = np.zeros(same.size, dtype="<U2")
    for number, (_, measured) in enumerate(StratifiedKFold(count, shuffle=True, random_state=0).split(same, same)):
        folds[measured] = str(number + 1)
    return folds
