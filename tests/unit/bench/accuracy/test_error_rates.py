"""Error rates of 1:1 comparison."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.accuracy.error_rates import NO_FACE, OperatingPoint, Roc

# Cosines on a grid, so that equal ones are common.
cosines = st.lists(st.integers(-100, 100).map(lambda hundredths: hundredths / 100), min_size=1, max_size=40)


def comparisons(genuine, impostor):
    same = np.array([True] * len(genuine) + [False] * len(impostor))
    return same, np.array([*genuine, *impostor], dtype=np.float64)


def roc(genuine, impostor):
    return Roc(*comparisons(genuine, impostor))


def counted(genuine, impostor, threshold):
    """Count the rates directly from their definition."""
    false_matches = sum(similarity >= threshold for similarity in impostor)
    false_non_matches = sum(similarity < threshold for similarity in genuine)
    return OperatingPoint(threshold, false_matches / len(impostor), false_non_matches / len(genuine))


def test_hand_counted_example():
    curve = roc(genuine=[0.9, 0.6, 0.4, 0.2], impostor=[0.5, 0.3, 0.1, 0.0, -0.1])
    assert curve.at(0.4) == OperatingPoint(0.4, fmr=0.2, fnmr=0.25)
    assert curve.at_fmr(0.2) == OperatingPoint(0.4, fmr=0.2, fnmr=0.25)
    assert curve.at_fmr(0.0) == OperatingPoint(0.6, fmr=0.0, fnmr=0.5)
    assert curve.area_under_curve() == pytest.approx(17 / 20)
    assert (curve.genuine_pairs, curve.impostor_pairs) == (4, 5)


@given(cosines, cosines, st.integers(-200, 200).map(lambda hundredths: hundredths / 100))
def test_rates_at_a_threshold_are_the_counted_ones(genuine, impostor, threshold):
    point, expected = roc(genuine, impostor).at(threshold), counted(genuine, impostor, threshold)
    assert (point.fmr, point.fnmr) == pytest.approx((expected.fmr, expected.fnmr))


@given(cosines, cosines, st.sampled_from([0.0, 0.01, 0.1, 0.25, 0.5, 1.0]))
def test_the_threshold_for_an_fmr_keeps_it_and_the_next_lower_one_would_not(genuine, impostor, fmr):
    point = roc(genuine, impostor).at_fmr(fmr)
    assert counted(genuine, impostor, point.threshold).fmr <= fmr
    lower = max((s for s in (*genuine, *impostor) if s < point.threshold), default=None)
    if lower is not None:
        assert counted(genuine, impostor, lower).fmr > fmr


def test_the_threshold_for_an_fmr_is_rounded_up():
    assert roc(genuine=[0.9, 0.35551], impostor=[0.1]).at_fmr(0).threshold == 0.3556


def test_an_fmr_is_measured_when_one_false_match_stays_within_it():
    curve = roc([1.0], [0.0] * 1000)
    assert curve.measures(1e-3)
    assert not curve.measures(1e-4)


@given(cosines, cosines)
def test_no_threshold_decides_better_than_the_most_accurate(genuine, impostor):
    def wrong(threshold):
        point = counted(genuine, impostor, threshold)
        return round(point.fmr * len(impostor) + point.fnmr * len(genuine))

    best = roc(genuine, impostor).most_accurate_threshold()
    assert wrong(best) == min(wrong(threshold) for threshold in (*genuine, *impostor, 2.0))


def test_the_most_accurate_threshold_lies_in_the_middle_of_the_widest_gap():
    assert roc(genuine=[0.9, 0.8], impostor=[0.2, 0.7, 0.1]).most_accurate_threshold() == pytest.approx(0.75)
    # One wrong decision either way: at 0.35 the gap is narrow, at 0.7 it is wide.
    assert roc(genuine=[0.9, 0.4], impostor=[0.5, 0.3]).most_accurate_threshold() == pytest.approx(0.7)


def test_equal_error_rate():
    assert roc(genuine=[0.9, 0.8, 0.7, 0.2], impostor=[0.6, 0.1, 0.0, 0.3]).equal_error_rate() == 0.25


def test_a_missing_face_never_matches():
    curve = roc(genuine=[NO_FACE, 0.9], impostor=[NO_FACE, 0.1])
    assert curve.at(-1.0) == OperatingPoint(-1.0, fmr=0.5, fnmr=0.5)


@pytest.mark.parametrize(("genuine", "impostor"), [([0.5], []), ([], [0.5])])
def test_both_kinds_of_pairs_are_needed(genuine, impostor):
    with pytest.raises(ValueError, match="pairs of two people are needed"):
        roc(genuine, impostor)
