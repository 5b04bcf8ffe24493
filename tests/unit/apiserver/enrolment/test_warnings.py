"""When an enrolled face may be another person's."""

import pytest

from apiserver.biometrics.face import Candidate
from apiserver.biometrics.model import Calibration, Model, Tail, Thresholds
from apiserver.enrolment.warnings import Likeness, likeness_warnings

THRESHOLDS = Thresholds(match=0.5, review=0.4)
MODEL = Model("model", 4, Calibration(40, -12), THRESHOLDS, Tail(start=0.2, rate=0.005, scale=0.03, shape=0.0))


@pytest.mark.parametrize(
    ("another", "own", "codes"),
    [
        (0.39, None, []),
        (0.39, 0.25, []),  # strangers are as similar
        (0.45, None, []),
        (0.45, 0.6, []),
        (0.45, 0.25, ["closer-to-another"]),
        (0.5, None, ["enrolled-as-another"]),
        (0.6, 0.7, ["enrolled-as-another"]),
        (0.7, 0.6, ["enrolled-as-another", "closer-to-another"]),
        (0.1, 0.19, ["unlike-own"]),
        (0.6, 0.1, ["enrolled-as-another", "closer-to-another", "unlike-own"]),
    ],
)
def test_warnings(another: float, own: float | None, codes: list[str]):
    likeness = Likeness(Candidate("bob", another), 0 if own is None else 2, own, own)
    warnings = likeness_warnings(likeness, THRESHOLDS, MODEL)
    assert [warning.code for warning in warnings] == codes
    for warning in warnings:
        if warning.code == "unlike-own":
            assert (warning.person, warning.value) == (None, own)
            assert warning.value < warning.limit == pytest.approx(0.2)
        else:
            assert (warning.person, warning.value) == ("bob", another)
            assert "bob" in warning.detail
            assert warning.value >= warning.limit


def test_a_directory_of_one_person_has_nobody_else():
    assert likeness_warnings(Likeness(None, 3, 0.9, 0.9), THRESHOLDS, MODEL) == []
    [warning] = likeness_warnings(Likeness(None, 3, 0.1, 0.1), THRESHOLDS, MODEL)
    assert warning.code == "unlike-own"


def test_a_few_photographs_of_the_same_stranger_do_not_make_the_next_one_the_persons():
    [warning] = likeness_warnings(Likeness(None, own_faces=6, own_best=0.8, own=0.1), THRESHOLDS, MODEL)
    assert (warning.code, warning.value) == ("unlike-own", 0.1)
    assert "fewer than a third of the person's 6 other photographs" in warning.detail
