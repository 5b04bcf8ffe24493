"""Which faces may be enrolled."""

import pytest

from apiserver.biometrics.face import Face, Quality
from apiserver.biometrics.quality import Action, QualityLimits
from apiserver.enrolment.gate import examine
from apiserver.problems import PoorQuality, Unrecognizable


def face(recognizability: float | None, sharpness: float = 0.9) -> Face:
    quality = Quality(sharpness, brightness=0.5)
    return Face((0, 0, 100, 100), 0.9, [1.0], quality=quality, recognizability=recognizability)


@pytest.mark.parametrize(("recognizability", "floor"), [(0.2, 0.2), (0.0, 0.0), (0.0, None), (None, 0.2)])
def test_a_face_that_is_not_below_the_floor_may_be_enrolled(recognizability: float | None, floor: float | None):
    assert examine(face(recognizability), QualityLimits(), floor) == []


@pytest.mark.parametrize("action", Action)
def test_a_face_below_the_floor_is_refused_whatever_the_limits_do(action: Action):
    with pytest.raises(Unrecognizable, match=r"0\.19, below 0\.2: use|0\.19, below 0\.2\. Use"):
        examine(face(0.19), QualityLimits(action), 0.2)


def test_the_refusal_says_what_is_known_to_be_wrong():
    with pytest.raises(Unrecognizable, match=r"sharp and well lit\. The face is blurred: hold the camera still"):
        examine(face(0.1, sharpness=0.1), QualityLimits(), 0.2)


def test_a_poor_face_above_the_floor_is_a_matter_of_the_limits():
    [warning] = examine(face(0.5, sharpness=0.1), QualityLimits(), 0.2)
    assert warning.reason == "blurred"
    with pytest.raises(PoorQuality, match="blurred"):
        examine(face(0.5, sharpness=0.1), QualityLimits(Action.REFUSE), 0.2)
