"""The search path of directories of different sizes."""

import pytest

from apiserver.biometrics.model import Scoring
from apiserver.directories.sizes import DirectorySize
from apiserver.search.effort import Effort
from apiserver.search.indexes import Kind
from apiserver.search.planning import SwitchPoints, plan

POINTS = SwitchPoints(exact_faces=2_000, index_faces=50_000, candidates=800, graph_candidates=100, parallel_workers=2)
BOTH = frozenset(Kind)


def planned(faces, indexes=frozenset(), effort=None, scoring=Scoring.MAX, persons=5):
    size = DirectorySize(faces, faces)
    return plan(size, indexes, POINTS, effort or Effort(), scoring=scoring, persons=persons)


def test_small_directories_are_searched_exactly():
    assert planned(0).scan is None
    assert planned(2_000).scan is None
    assert planned(2_001).scan is not None


def test_a_directory_without_indexes_is_scanned():
    chosen = planned(10_000)
    assert chosen.graph_candidates == 0
    assert chosen.scan
    assert (chosen.scan.own_index, chosen.scan.workers) == (False, 0)


def test_existing_indexes_are_used():
    assert planned(100_000, BOTH).graph_candidates == 100
    codes = planned(100_000, {Kind.CODES})
    assert codes.scan
    assert (codes.graph_candidates, codes.scan.own_index, codes.scan.workers) == (0, True, 2)


def test_the_graph_is_not_used_for_the_mean():
    assert planned(100_000, BOTH, scoring=Scoring.MEAN).graph_candidates == 0


@pytest.mark.parametrize("faces", [3_000, 10_000, 50_000, 100_000, 10**6, 10**7])
def test_enough_rows_pass_the_distance_limit(faces):
    scan = planned(faces).scan
    assert scan
    passing = scan.rank * faces / min(scan.sample, faces)
    assert scan.candidates <= passing
    assert 32 <= scan.candidates <= 800


def test_more_persons_need_more_candidates():
    scan = planned(100_000, persons=100).scan
    assert scan
    assert scan.candidates >= 400


def test_effort_widens_the_search_and_then_makes_it_exact():
    scan, wide = planned(10**6).scan, planned(10**6, effort=Effort(width=4)).scan
    assert scan
    assert wide
    assert wide.candidates == 4 * scan.candidates
    assert planned(10**6, BOTH, effort=Effort(width=4)).graph_candidates == 400
    assert planned(10**6, BOTH, effort=Effort(exact=True)).scan is None
