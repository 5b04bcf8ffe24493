"""Decisions and probabilities."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiserver.biometrics.model import Calibration, Decision, Thresholds

THRESHOLDS = Thresholds(match=0.5, review=0.4)
COSINES = st.floats(-1, 1)


@pytest.mark.parametrize(
    ("similarity", "decision"),
    [
        (1.0, Decision.MATCH),
        (0.5, Decision.MATCH),
        (0.4999, Decision.REVIEW),
        (0.4, Decision.REVIEW),
        (0.3999, Decision.UNKNOWN),
        (-1.0, Decision.UNKNOWN),
    ],
)
def test_a_threshold_belongs_to_the_band_above_it(similarity, decision):
    assert THRESHOLDS.decide(similarity) is decision


def test_a_higher_match_threshold_widens_the_review_band():
    assert THRESHOLDS.with_match(0.9) == Thresholds(match=0.9, review=0.4)


@given(match=COSINES.filter(lambda value: value <= 0.4), similarity=COSINES)
def test_a_match_threshold_below_review_leaves_no_review_band(match, similarity):
    assert THRESHOLDS.with_match(match).decide(similarity) is not Decision.REVIEW


@given(st.lists(COSINES, min_size=2, max_size=2), st.floats(0.1, 40), st.floats(-20, 20))
def test_probability_is_monotone_and_within_zero_and_one(cosines, slope, intercept):
    calibration = Calibration(slope, intercept)
    low, high = (calibration.probability(cosine) for cosine in sorted(cosines))
    assert 0 <= low <= high <= 1


def test_probability_is_even_where_the_logistic_crosses_zero():
    assert Calibration(slope=20, intercept=-8).probability(0.4) == pytest.approx(0.5)
