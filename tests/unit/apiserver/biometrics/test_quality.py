"""Poses of known heads, and defects of faces."""

import itertools

import numpy as np
import pytest

from apiserver.biometrics.face import Face, Quality
from apiserver.biometrics.quality import Action, QualityLimits, Reason, findings, pose

HEAD = np.array([[-32, -30, 6], [32, -30, 6], [0, 0, -26], [-28, 31, 7], [28, 31, 7]])
"""Eyes, nose and corners of the mouth: x right, y down, z away from the camera, millimetres."""

FRONTAL = ((30.0, 30.0), (70.0, 30.0), (50.0, 52.0), (35.0, 72.0), (65.0, 72.0))
SHARP = Quality(sharpness=10, brightness=0.5)
LIMITS = QualityLimits(Action.WARN, 40, 0.5, 0.2, 0.8, 30)


def seen(yaw: float, pitch: float, roll: float, scale: float = 2.0) -> tuple[tuple[float, ...], ...]:
    """The head turned to the right, then up, then clockwise, as a distant camera sees it."""
    turn, nod, tilt = np.radians([-yaw, -pitch, roll])
    about_y = [[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]]
    about_x = [[1, 0, 0], [0, np.cos(nod), -np.sin(nod)], [0, np.sin(nod), np.cos(nod)]]
    about_z = [[np.cos(tilt), -np.sin(tilt), 0], [np.sin(tilt), np.cos(tilt), 0], [0, 0, 1]]
    points = HEAD @ (np.array(about_z) @ about_x @ about_y).T
    return tuple((float(x), float(y)) for x, y in points[:, :2] * scale + [300, 200])


def test_the_nose_points_to_the_side():
    nose_right = (*FRONTAL[:2], (60.0, 52.0), *FRONTAL[3:])
    nose_high = (*FRONTAL[:2], (50.0, 40.0), *FRONTAL[3:])
    assert pose(nose_right).yaw > 10
    assert pose(nose_high).pitch > pose(FRONTAL).pitch + 10
    assert pose(((30.0, 20.0), (70.0, 40.0), (47.0, 52.0), (25.0, 65.0), (55.0, 82.0))).roll > 10


@pytest.mark.parametrize(
    ("yaw", "pitch", "roll"), list(itertools.product((-60, -20, 0, 40), (-25, 0, 25), (-150, 0, 30)))
)
def test_a_known_pose(yaw: float, pitch: float, roll: float):
    assert pose(seen(yaw, pitch, roll)) == pytest.approx((yaw, pitch, roll), abs=3)


def test_coinciding_landmarks_have_a_pose():
    assert np.isfinite(pose(((5.0, 5.0),) * 5)).all()


def face(size: int = 100, quality: Quality | None = SHARP, landmarks=FRONTAL) -> Face:
    return Face((10, 10, 10 + size, 10 + 2 * size), 0.9, [1.0], landmarks=landmarks, quality=quality)


def test_a_good_face_has_no_defects():
    assert findings(face(), LIMITS) == []


@pytest.mark.parametrize(
    ("poor", "reason", "value", "limit"),
    [
        (face(size=39), Reason.FACE_TOO_SMALL, 39, 40),
        (face(quality=Quality(0.4, 0.5)), Reason.BLURRED, 0.4, 0.5),
        (face(quality=Quality(10, 0.1)), Reason.TOO_DARK, 0.1, 0.2),
        (face(quality=Quality(10, 0.9)), Reason.TOO_BRIGHT, 0.9, 0.8),
        (face(landmarks=seen(-50, 0, 0)), Reason.TURNED_AWAY, 50, 30),
    ],
)
def test_one_defect(poor: Face, reason: Reason, value: float, limit: float):
    [finding] = findings(poor, LIMITS)
    assert (finding.reason, finding.limit) == (reason, limit)
    assert finding.value == pytest.approx(value, abs=3)


def test_all_defects_are_reported():
    poor = face(20, Quality(0, 0), seen(50, 0, 0))
    assert {finding.reason for finding in findings(poor, LIMITS)} == set(Reason) - {Reason.TOO_BRIGHT}


def test_a_value_that_was_not_measured_is_not_a_defect():
    assert findings(face(quality=None, landmarks=()), LIMITS) == []
