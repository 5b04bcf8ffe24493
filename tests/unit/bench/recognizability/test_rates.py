"""False matches by kind of damage, on a few made-up embeddings."""

import numpy as np
import pytest

from bench.photographs.folder import Photograph
from bench.recognizability.genuine import GenuinePairs
from bench.recognizability.grid import Grid
from bench.recognizability.looks import WHOLE, LookedAt, Looks
from bench.recognizability.rates import KindRates, reliability, upper_bound

KINDS = [WHOLE, "same for all"]


def look(*vector: float) -> Looks:
    row = np.array([vector], np.float32)
    one = np.ones(1, np.float32)
    return Looks(np.array([any(vector)]), one, one, row, np.zeros((1, 7), np.float32))


def grid() -> Grid:
    """Three people who differ as they are; the damage makes two alike, and the third's face is not found."""
    people = [
        LookedAt(KINDS, [look(1, 0, 0), look(0.6, 0, 0.8)]),
        LookedAt(KINDS, [look(0, 1, 0), look(0, 0.6, 0.8)]),
        LookedAt(KINDS, [look(0, 0, 1), look(0, 0, 0)]),
    ]
    return Grid.of(people, KINDS, threshold=0.5)


def test_people_who_differ_do_not_match():
    assert not grid().matches(0).any()


@pytest.mark.parametrize(("floor", "false_matches", "refused"), [(0.0, 1, 0), (0.5, 0, 1), (1.0, 0, 2)])
def test_a_pair_matches_unless_a_face_is_refused(floor, false_matches, refused):
    values = np.array([[1, 0.9], [1, 0.4], [1, 0]])
    rates = KindRates.of(grid(), 1, values, floor)
    assert (rates.people, rates.found, rates.pairs, rates.false_matches) == (3, 2, 3, 1)
    assert (rates.false_matches_kept, rates.refused) == (false_matches, refused)


def test_strangers_and_the_own_photograph_are_counted():
    assert grid().strangers.tolist() == [[0, 1], [0, 1], [0, 0]]
    assert grid().own[:, 1].tolist() == pytest.approx([0.6, 0.6, -1])


def test_the_bound_without_events_is_the_rule_of_three():
    assert upper_bound(0, 10_000) == pytest.approx(3e-4, rel=0.01)
    assert upper_bound(5, 10_000) > 5e-4


def test_reliability_compares_chances_with_outcomes():
    rows = reliability(np.array([0.05, 0.05, 0.95, 1.0]), np.array([0.0, 0.0, 1.0, 1.0]))
    assert [(row["faces"], row["share"]) for row in rows] == [(2, 0.0), (2, 1.0)]


def test_a_floor_costs_the_pairs_of_refused_photographs(tmp_path):
    photographs = [Photograph(tmp_path, f"ann/{number}.jpg") for number in range(3)]
    looks = Looks.joined([look(1, 0, 0), look(0.8, 0.6, 0), look(0, 0, 1)])
    pairs = GenuinePairs.of(photographs, looks, threshold=0.5)
    values = np.array([0.9, 0.3, 0.2])
    assert pairs.fnmr(values, 0) == pytest.approx(2 / 3)
    assert pairs.fnmr(values, 0.5) == 1
    assert pairs.floor_at_cost(values, cost=0) == pytest.approx(0.3)
