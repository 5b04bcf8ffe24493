"""Decisions, probabilities and the choice among faces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiserver.biometrics.face import Calibration, Decision, Face, FaceChoice, Image, Thresholds, choose, choose_in_box

THRESHOLDS = Thresholds(match=0.5, review=0.4)
IMAGE = Image("image/jpeg", "jpg", width=100, height=100)
COSINES = st.floats(-1, 1)


def face(left: int, top: int, right: int, bottom: int) -> Face:
    return Face((left, top, right, bottom), 0.9, [0.0, 0.0])


LARGE_IN_A_CORNER = face(0, 0, 40, 40)
SMALL_IN_THE_MIDDLE = face(45, 45, 60, 60)


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


@pytest.mark.parametrize(
    ("faces", "choice", "chosen"),
    [
        ([SMALL_IN_THE_MIDDLE], FaceChoice.ONLY, SMALL_IN_THE_MIDDLE),
        ([SMALL_IN_THE_MIDDLE, LARGE_IN_A_CORNER], FaceChoice.ONLY, None),
        ([SMALL_IN_THE_MIDDLE, LARGE_IN_A_CORNER], FaceChoice.LARGEST, LARGE_IN_A_CORNER),
        ([LARGE_IN_A_CORNER, SMALL_IN_THE_MIDDLE], FaceChoice.CENTER, SMALL_IN_THE_MIDDLE),
        ([], FaceChoice.ONLY, None),
        ([], FaceChoice.LARGEST, None),
        ([], FaceChoice.CENTER, None),
    ],
)
def test_choice_among_faces(faces, choice, chosen):
    assert choose(faces, choice, IMAGE) is chosen


def test_a_box_means_the_face_that_it_overlaps_most():
    faces = [LARGE_IN_A_CORNER, SMALL_IN_THE_MIDDLE]
    assert choose_in_box(faces, (50, 42, 62, 58)) is SMALL_IN_THE_MIDDLE
    assert choose_in_box(faces, (0, 0, 60, 60)) is LARGE_IN_A_CORNER


@pytest.mark.parametrize("box", [(70, 70, 90, 90), (0, 0, 100, 100), (0, 0, 20, 20), (60, 60, 70, 70)])
def test_a_box_that_overlaps_too_little_means_nobody(box):
    assert choose_in_box([LARGE_IN_A_CORNER, SMALL_IN_THE_MIDDLE], box) is None
    assert choose_in_box([], box) is None
