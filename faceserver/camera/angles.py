"""The angles from which a person is enrolled, and which angle a pose is."""

from collections.abc import Sequence
from enum import StrEnum

from faceserver.client.results import Pose


class Angle(StrEnum):
    """Where a person looks. left and right are the person's own."""

    STRAIGHT = "straight"
    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"


INSTRUCTIONS = {
    Angle.STRAIGHT: "Look straight into the camera.",
    Angle.LEFT: "Turn your head a little to your left.",
    Angle.RIGHT: "Turn your head a little to your right.",
    Angle.UP: "Raise your chin a little.",
    Angle.DOWN: "Lower your chin a little.",
}

_STRAIGHT_DEGREES = 12.0
_STRAIGHT_PITCH_DEGREES = 20.0
"""Wider than for yaw, because the estimated pitch of an individual face is off by up to this much."""
_TURNED_DEGREES = 18.0
_NODDED_DEGREES = 8.0


class Angles:
    """The angles still missing. Up and down are relative to the pitch of the straight face, which comes first."""

    def __init__(self, poses: Sequence[Pose] = ()) -> None:
        """poses: those of the enrolled faces, in order of enrolment."""
        self.missing = list(Angle)
        self._pitch = 0.0
        for pose in [*poses, *poses]:  # twice, for those before the straight one
            if angle := self.missing_angle(pose):
                self.take(angle, pose)

    @property
    def is_first(self) -> bool:
        """Whether the straight face is still missing."""
        return Angle.STRAIGHT in self.missing

    @property
    def instruction(self) -> str:
        """The next instruction for the person."""
        return INSTRUCTIONS[self.missing[0]]

    def missing_angle(self, pose: Pose) -> Angle | None:
        """Return the missing angle that the pose is, None if it is not one of them."""
        angle = self._angle(pose)
        return angle if angle in self.missing else None

    def take(self, angle: Angle, pose: Pose) -> None:
        """Mark an angle as enrolled."""
        self.missing.remove(angle)
        if angle is Angle.STRAIGHT:
            self._pitch = pose.pitch

    def _angle(self, pose: Pose) -> Angle | None:
        """Return the angle that the pose is; None for one between two angles and for a diagonal one."""
        pitch = pose.pitch - self._pitch
        if self.is_first:
            is_straight = abs(pose.yaw) <= _STRAIGHT_DEGREES and abs(pitch) <= _STRAIGHT_PITCH_DEGREES
            return Angle.STRAIGHT if is_straight else None
        if abs(pose.yaw) <= _STRAIGHT_DEGREES and abs(pitch) >= _NODDED_DEGREES:
            return Angle.UP if pitch > 0 else Angle.DOWN
        if abs(pose.yaw) >= _TURNED_DEGREES and abs(pitch) < _TURNED_DEGREES:
            return Angle.LEFT if pose.yaw > 0 else Angle.RIGHT  # the picture is not mirrored
        return None
