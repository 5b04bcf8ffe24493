"""Error rates of people whose embeddings are known."""

import math

import numpy as np
import pytest

from apiserver.biometrics.model import Tail
from faceserver.calibration.error_rates import MIN_PAIRS, MIN_PEOPLE, Measurement, people_needed, share

TAIL = Tail(start=0.3, rate=0.005, scale=0.03, shape=-0.07)


def at_angles(*degrees: float):
    radians = np.radians(degrees)
    return np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)


def crowd(people: int, seed: int = 0):
    """Two photographs each of independent people, in 64 dimensions."""
    random = np.random.default_rng(seed)
    identity = random.normal(size=(people, 1, 64))
    photographs = (identity + 0.5 * random.normal(size=(people, 2, 64))).reshape(-1, 64)
    vectors = photographs / np.linalg.norm(photographs, axis=1, keepdims=True)
    return vectors.astype(np.float32), np.repeat(np.arange(people), 2)


def test_three_people_on_a_circle():
    """Person 0 at 0 and 10 degrees, person 1 at 60 and 90, person 2 at 45."""
    measured = Measurement(at_angles(0, 10, 60, 90, 45), np.array([0, 0, 1, 1, 2]))

    assert (measured.people, measured.photographs, measured.people_with_several) == (3, 5, 2)
    assert sorted(measured.genuine) == pytest.approx(sorted(np.cos(np.radians([10, 30]))))
    assert len(measured.impostor) == 8
    # One photograph each is enrolled: 0, 60 and 45 degrees.
    assert measured.strangers == pytest.approx(np.cos(np.radians([45, 35, 15, 45, 15])), abs=1e-6)
    # 10 degrees is nearest to its own person's 0; 90 degrees is nearest to its own person's 60.
    assert measured.mated == pytest.approx(np.cos(np.radians([10, 30])), abs=1e-6)


def test_rates_at_a_threshold():
    measured = Measurement(at_angles(0, 10, 60, 90, 45), np.array([0, 0, 1, 1, 2]))
    errors = measured.at(math.cos(math.radians(20)))
    assert errors.fmr.value == pytest.approx(1 / 8)
    assert errors.fnmr.value == pytest.approx(1 / 2)
    assert errors.fpir.value == pytest.approx(2 / 5)
    assert errors.fnir.value == pytest.approx(1 / 2)


def test_a_refused_photograph_is_a_miss_and_no_match():
    """That at 10 degrees, whose person is enrolled with the one at 0, and that at 45, the only one of its person."""
    refused = np.array([False, True, False, False, True])
    measured = Measurement(at_angles(0, 10, 60, 90, 45), np.array([0, 0, 1, 1, 2]), refused)
    errors = measured.at(math.cos(math.radians(61)))
    assert errors.fmr.value == pytest.approx(1 / 8), "of all pairs of different people"
    assert errors.fnmr.value == pytest.approx(1 / 2)
    assert errors.fpir.value == pytest.approx(2 / 5)
    assert errors.fnir.value == pytest.approx(1 / 2)


def test_an_enrolled_person_found_as_somebody_else_is_missed():
    measured = Measurement(at_angles(0, 40, 45), np.array([0, 0, 1]))
    assert measured.at(-1).fnir.value == 1


def test_without_two_photographs_of_anybody_nothing_is_measured():
    with pytest.raises(ValueError, match="two photographs"):
        Measurement(at_angles(0, 60), np.array([0, 1]))


def test_an_interval_contains_the_share_and_is_not_empty_for_zero():
    never, half = share(0.0, 1000), share(0.5, 1000)
    assert (never.value, never.low) == (0, 0)
    assert 3 / 1000 < never.high < 5 / 1000
    assert 0.46 < half.low < 0.5 < half.high < 0.54


@pytest.mark.parametrize("rate", [1e-2, 1e-3, 1e-5])
def test_the_stated_number_of_people_makes_enough_pairs(rate: float):
    people = people_needed(rate)
    assert people * (people - 1) / 2 >= 3 / rate > (people - 1) * (people - 2) / 2


def test_an_observed_rate_comes_from_the_people():
    measured = Measurement(*crowd(80))
    threshold = measured.threshold(0.01, TAIL)
    assert threshold is not None
    assert np.mean(measured.impostor >= threshold) == pytest.approx(0.01, abs=1e-4)


def test_a_rarer_rate_follows_the_tail_of_the_model():
    measured = Measurement(*crowd(80))
    seen = MIN_PAIRS / measured.pairs_of_people
    first, second = measured.threshold(seen, TAIL), measured.threshold(1e-6, TAIL)
    assert first is not None
    assert second is not None
    assert second - first == pytest.approx(TAIL.cosine(1e-6) - TAIL.cosine(seen))


def test_too_few_people_give_no_threshold():
    assert Measurement(*crowd(MIN_PEOPLE - 1)).threshold(1e-5, TAIL) is None
    assert Measurement(*crowd(MIN_PEOPLE)).threshold(1e-5, TAIL) is not None
