"""The calibration curve, from a cosine to a probability."""

import numpy as np
import pytest

from bench.accuracy.calibration import Calibration, fit_calibration
from bench.accuracy.error_rates import NO_FACE


def drawn(genuine_count, impostor_count):
    """Draw normal cosines of equal spread, for which the logistic curve is exact and known.

    With means 0.6 and 0.0 and standard deviation 0.15: slope = 0.6 / 0.15², and even odds in the middle, at 0.3.
    """
    noise = np.random.default_rng(7)
    genuine, impostor = noise.normal(0.6, 0.15, genuine_count), noise.normal(0.0, 0.15, impostor_count)
    same = np.array([True] * genuine_count + [False] * impostor_count)
    return same, np.concatenate([genuine, impostor])


@pytest.mark.parametrize("impostor_count", [20_000, 200_000])
def test_finds_the_known_curve_however_many_impostor_pairs_there_are(impostor_count):
    calibration = fit_calibration(*drawn(20_000, impostor_count))
    assert calibration.slope == pytest.approx(0.6 / 0.15**2, rel=0.05)
    assert -calibration.intercept / calibration.slope == pytest.approx(0.3, abs=0.01)


def test_comparisons_without_a_face_do_not_move_the_curve():
    same, similarity = drawn(500, 500)
    with_missing = np.append(same, [True, False]), np.append(similarity, [NO_FACE, NO_FACE])
    assert fit_calibration(*with_missing) == fit_calibration(same, similarity)


def test_pairs_that_separate_perfectly_give_a_finite_curve():
    calibration = fit_calibration(np.array([True, True, False, False]), np.array([0.9, 0.8, 0.1, 0.0]))
    assert np.isfinite(calibration.slope)
    assert calibration.slope > 0


def test_probability_is_even_where_the_line_crosses_zero_and_rises():
    probability = Calibration(slope=20, intercept=-6).probability(np.array([-1.0, 0.3, 1.0]))
    assert probability[1] == pytest.approx(0.5)
    assert 0 < probability[0] < 1e-9
    assert 1 - 1e-5 < probability[2] < 1
