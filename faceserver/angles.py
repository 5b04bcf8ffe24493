"""From which sides a person is to be seen when enrolled, and which of them a pose is."""

from collections.abc import Sequence
from enum import StrEnum

from faceserver.results import Pose


class Angle(StrEnum):
    """Where somebody looks. left, right: their own."""

    STRAIGHT = "straight"
    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"


INSTRUCTIONS = {
    Angle.STRAIGHT: "Look straight into the camera.",
    Angle.LEFT: "Turn your head a little to your left.",
    Angle.RIGHT: "Turn your head a little to your right.",
    Angle.UP: "Lift your chin a little.",
    Angle.DOWN: "Lower your chin a little.",
}

_STRAIGHT_DEGREES = 12.0
_STRAIGHT_PITCH_DEGREES = 20.0
"""More room than for yaw: of a face that is not the mean one, the pitch is off by so much."""
_TURNED_DEGREES = 18.0
_NODDED_DEGREES = 8.0


class Angles:
    """Those that are still wanted. Up and down are told by the pitch of the straight one, which comes first."""

    def __init__(self, poses: Sequence[Pose] = ()) -> None:
        """poses: of the faces that are enrolled already, in their order."""
        self.missing = list(Angle)
        self._pitch = 0.0
        for pose in [*poses, *poses]:  # again, for those before the straight one
            if angle := self.wanted(pose):
                self.take(angle, pose)

    @property
    def is_first(self) -> bool:
        """Whether nothing was seen of the person yet."""
        return Angle.STRAIGHT in self.missing

    @property
    def instruction(self) -> str:
        """What to tell the person next."""
        return INSTRUCTIONS[self.missing[0]]

    def wanted(self, pose: Pose) -> Angle | None:
        """Return which of the missing angles the pose is."""
        angle = self._angle(pose)
        return angle if angle in self.missing else None

    def take(self, angle: Angle, pose: Pose) -> None:
        """Cross an angle off."""
        self.missing.remove(angle)
        if angle is Angle.STRAIGHT:
            self._pitch = pose.pitch

    def _angle(self, pose: Pose) -> Angle | None:
        """Return the one angle that the pose is; None for one between two, and for a diagonal one."""
        pitch = pose.pitch - self._pitch
        if self.is_first:
            is_straight = abs(pose.yaw) <= _STRAIGHT_DEGREES and abs(pitch) <= _STRAIGHT_PITCH_DEGREES
            return Angle.STRAIGHT if is_straight else None
        if abs(pose.yaw) <= _STRAIGHT_DEGREES and abs(pitch) >= _NODDED_DEGREES:
            return Angle.UP if pitch > 0 else Angle.DOWN
        if abs(pose.yaw) >= _TURNED_DEGREES and abs(pitch) < _TURNED_DEGREES:
            return Angle.LEFT if pose.yaw > 0 else Angle.RIGHT  # yaw grows towards the right edge: not a mirror
        return None
