"""The angle of a pose, and the angles that are still missing."""

import pytest

from faceserver.camera.angles import Angle, Angles
from faceserver.client.results import Pose

STRAIGHT = Pose(yaw=2, pitch=-9, roll=0)


@pytest.mark.parametrize(
    ("yaw", "pitch", "angle"),
    [
        (30, -9, Angle.LEFT),
        (-30, -9, Angle.RIGHT),
        (0, 6, Angle.UP),
        (0, -24, Angle.DOWN),
        (3, -5, None),
        (15, -9, None),
        (30, 20, None),
    ],
)
def test_angles_are_relative_to_the_straight_face(yaw: float, pitch: float, angle: Angle | None):
    assert Angles([STRAIGHT]).missing_angle(Pose(yaw, pitch, 0)) is angle


def test_the_straight_one_comes_first_and_each_once():
    angles = Angles()
    assert angles.missing_angle(Pose(30, 0, 0)) is None
    assert angles.instruction == "Look straight into the camera."

    angles.take(Angle.STRAIGHT, STRAIGHT)

    assert angles.missing_angle(STRAIGHT) is None
    assert angles.missing == ["left", "right", "up", "down"]


def test_enrolled_angles_are_not_requested_again():
    assert Angles([Pose(30, -9, 0), STRAIGHT, Pose(0, 10, 0), Pose(29, -9, 0)]).missing == ["right", "down"]
    assert Angles([Pose(30, -9, 0)]).missing == list(Angle), "without a straight face, no angle can be determined"
