"""Thresholds that follow from a rate and the size of a directory."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiserver.biometrics.model import Calibration, Model, Tail, Thresholds
from apiserver.biometrics.open_set import (
    MAX_FPIR,
    MIN_FACES,
    MIN_FPIR,
    MISSED_STRANGERS,
    false_match_rate,
    likeness_limit,
    likeness_rank,
    stranger_named,
    thresholds_at,
)

TAIL = Tail(start=0.3, rate=0.005, scale=0.03, shape=-0.07)
RATES = st.floats(MIN_FPIR, MAX_FPIR)
SIZES = st.integers(0, 10_000_000)


def survival(tail: Tail, cosine: float) -> float:
    """The tail's formula, as its docstring gives it."""
    return float(tail.rate * (1 + tail.shape * (cosine - tail.start) / tail.scale) ** (-1 / tail.shape))


@pytest.mark.parametrize("rate", [0.004, 1e-4, 1e-6])
def test_a_tail_gives_the_cosine_of_a_rate(rate: float):
    assert survival(TAIL, TAIL.cosine(rate)) == pytest.approx(rate)


def test_a_tail_without_shape_is_an_exponential():
    tail = Tail(start=0.3, rate=0.01, scale=0.03, shape=0)
    assert tail.cosine(0.01 / math.e) == pytest.approx(0.33)


def test_a_tail_is_limited_to_its_start_and_one():
    assert TAIL.cosine(0.5) == TAIL.start
    assert Tail(start=0.3, rate=0.01, scale=0.1, shape=0).cosine(1e-12) == 1


def test_a_model_without_a_tail_goes_through_its_thresholds():
    model = Model("model", 2, Calibration(20, -8), Thresholds(match=0.5, review=0.44))
    assert model.tail.cosine(1e-5) == pytest.approx(0.5)
    assert model.tail.cosine(1e-4) == pytest.approx(0.44)
    assert model.tail.cosine(1e-7) == pytest.approx(0.62)


def test_a_model_whose_thresholds_are_equal_still_rises():
    model = Model("model", 2, Calibration(20, -8), Thresholds(match=0.5, review=0.5))
    assert model.tail.cosine(1e-5) == pytest.approx(0.5)
    assert model.tail.cosine(1e-6) > 0.5


@given(RATES, SIZES)
def test_the_rates_of_all_comparisons_make_up_the_rate_of_a_search(fpir: float, faces: int):
    rate = false_match_rate(fpir, faces)
    assert 1 - (1 - rate) ** max(faces, MIN_FACES) == pytest.approx(fpir, rel=1e-3)


@given(RATES, st.integers(MIN_FACES, 1_000_000), st.integers(1, 1_000_000))
def test_thresholds_rise_with_the_directory_and_review_stays_below(fpir: float, faces: int, more: int):
    small, large = thresholds_at(TAIL, fpir, faces), thresholds_at(TAIL, fpir, faces + more)
    assert small.match <= large.match
    assert small.review <= large.review
    assert small.review <= small.match


@given(SIZES, RATES, RATES)
def test_a_lower_rate_never_lowers_a_threshold(faces: int, one: float, other: float):
    low, high = sorted((one, other))
    assert thresholds_at(TAIL, low, faces).match >= thresholds_at(TAIL, high, faces).match


def test_review_is_for_ten_times_the_rate():
    assert thresholds_at(TAIL, 0.001, 500).review == pytest.approx(thresholds_at(TAIL, 0.01, 500).match)


def test_a_small_directory_counts_as_one_of_a_hundred():
    assert thresholds_at(TAIL, 0.001, 0) == thresholds_at(TAIL, 0.001, 1) == thresholds_at(TAIL, 0.001, 100)
    assert thresholds_at(TAIL, 0.001, 101).match > thresholds_at(TAIL, 0.001, 100).match


def test_a_stranger_rarely_resembles_a_third_of_a_persons_photographs():
    missed = 1 - (1 - survival(TAIL, likeness_limit(TAIL, 3))) ** 3
    assert missed == pytest.approx(MISSED_STRANGERS)
    assert likeness_limit(TAIL, 3000) == likeness_limit(TAIL, 3)


def test_one_own_photograph_is_to_be_resembled_as_far_as_the_tail_describes():
    assert likeness_limit(TAIL, 1) == TAIL.start


@pytest.mark.parametrize(("faces", "rank"), [(1, 1), (3, 1), (4, 2), (6, 2), (7, 3), (1000, 334)])
def test_a_third_of_the_others_is_to_be_resembled(faces: int, rank: int):
    assert likeness_rank(faces) == rank


@given(RATES, SIZES, st.sampled_from([TAIL, Tail(0.3, 0.005, 0.03, 0.0), Tail(0.3, 0.005, 0.03, 0.1)]))
def test_a_threshold_names_strangers_at_the_rate_it_was_made_for(fpir: float, faces: int, tail: Tail):
    threshold = thresholds_at(tail, fpir, faces).match
    if tail.start < threshold < 1:
        assert stranger_named(tail, threshold, faces) == pytest.approx(fpir, rel=1e-6)


def test_beyond_the_end_of_a_tail_nobody_is_named_and_below_its_start_at_least_its_rate():
    assert stranger_named(TAIL, 0.9, 1_000) == 0
    assert stranger_named(TAIL, -1, 1) == stranger_named(TAIL, TAIL.start, MIN_FACES) == pytest.approx(0.394, abs=1e-3)
