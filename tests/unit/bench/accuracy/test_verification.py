"""Metrics over a table of pairs."""

import numpy as np
import pytest

from bench.accuracy.verification import Decisions, accuracy_by_folds, decide, folds_of


def test_decisions_of_a_hand_counted_table():
    same = np.array([True, True, True, False, False])
    similarity = np.array([0.9, 0.7, 0.2, 0.7, 0.1])
    assert decide(same, similarity, 0.7) == Decisions(0.7, accuracy=0.6, precision=2 / 3, recall=2 / 3, f1=2 / 3)


def test_precision_is_zero_where_nothing_matches():
    decisions = decide(np.array([True, False]), np.array([0.5, 0.1]), 0.9)
    assert (decisions.precision, decisions.accuracy) == (0.0, 0.5)


def test_each_fold_is_measured_at_the_threshold_of_the_others():
    """Fold a separates at 0.5 and fold b at 0.1: applied to the other fold, each threshold misjudges half of it."""
    same = np.array([True, False, True, False])
    similarity = np.array([0.6, 0.4, 0.2, 0.0])
    measured = accuracy_by_folds(same, similarity, np.array(["a", "a", "b", "b"]))
    assert measured.thresholds == pytest.approx([0.1, 0.5])
    assert measured.accuracies == [0.5, 0.5]
    assert (measured.mean, measured.standard_deviation) == (0.5, 0.0)


def test_given_folds_are_kept():
    assert folds_of(np.array([True, False, True]), ["x", "y", "x"]).tolist() == ["x", "y", "x"]


def test_ten_folds_with_both_kinds_of_pairs_where_none_are_given():
    same = np.array([True] * 20 + [False] * 70)
    folds = folds_of(same, [None] * 90)
    assert len(set(folds)) == 10
    for fold in set(folds):
        assert (same[folds == fold].sum(), (~same)[folds == fold].sum()) == (2, 7)


def test_fewer_folds_where_there_are_few_pairs_of_a_kind():
    folds = folds_of(np.array([True] * 3 + [False] * 9), [None] * 12)
    assert len(set(folds)) == 3


def test_folds_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="Some pairs have a fold"):
        folds_of(np.array([True, False]), ["1", None])
    with pytest.raises(ValueError, match="At least two pairs"):
        folds_of(np.array([True, False, False]), [None] * 3)
