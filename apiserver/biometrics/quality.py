"""Whether a face is good enough to enrol: its pose from five landmarks, and its defects by name.

The pixels were measured by the vectorizer.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import NamedTuple

from apiserver.biometrics.face import Face, Landmarks

_DECIMALS = 3
"""Of the measured values; more would be noise."""


class Pose(NamedTuple):
    """Which way a face is turned, degrees, all 0 towards the camera.

    yaw grows as it turns to the right edge of the picture, pitch as it looks up, roll as it tilts clockwise.
    """

    yaw: float
    pitch: float
    roll: float


class Action(StrEnum):
    """What follows from a defect of a face."""

    OFF = "off"
    WARN = "warn"
    REFUSE = "refuse"


class Reason(StrEnum):
    """A defect of a face."""

    FACE_TOO_SMALL = "face-too-small"
    BLURRED = "blurred"
    TOO_DARK = "too-dark"
    TOO_BRIGHT = "too-bright"
    TURNED_AWAY = "turned-away"


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """The limits of a good face; the defaults were chosen by measurement, see docs/quality.md.

    min_face_pixels: the shorter side of its box. min_sharpness, min_brightness, max_brightness: see
    `apiserver.biometrics.face.Quality`. max_yaw_degrees: how far it may be turned to either side.
    """

    action: Action = Action.WARN
    min_face_pixels: int = 40
    min_sharpness: float = 0.42
    min_brightness: float = 0.2
    max_brightness: float = 0.82
    max_yaw_degrees: float = 50.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect of a face: its name, a sentence, and the value that passes its limit."""

    reason: Reason
    detail: str
    value: float
    limit: float


def findings(face: Face, limits: QualityLimits) -> list[Finding]:
    """Return the defects of `face`. A value that the vectorizer did not measure is not a defect."""
    found = [_size(face, limits)]
    if face.quality:
        found += [_sharpness(face.quality.sharpness, limits), _brightness(face.quality.brightness, limits)]
    if face.landmarks:
        found.append(_yaw(pose(face.landmarks).yaw, limits))
    return [finding for finding in found if finding]


def measurements(face: Face) -> str | None:
    """Return the measurements of a face as JSON, None if there are none."""
    if face.quality is None:
        return None
    numbers = asdict(face.quality) | (pose(face.landmarks)._asdict() if face.landmarks else {})
    return json.dumps({name: round(value, _DECIMALS) for name, value in numbers.items()})


def _size(face: Face, limits: QualityLimits) -> Finding | None:
    if face.size >= limits.min_face_pixels:
        return None
    detail = f"The face is {face.size} pixels across; the minimum is {limits.min_face_pixels}: come closer."
    return Finding(Reason.FACE_TOO_SMALL, detail, face.size, limits.min_face_pixels)


def _sharpness(sharpness: float, limits: QualityLimits) -> Finding | None:
    if sharpness >= limits.min_sharpness:
        return None
    detail = "The face is blurred: hold the camera still, focus on the face, wipe the lens."
    return Finding(Reason.BLURRED, detail, sharpness, limits.min_sharpness)


def _brightness(brightness: float, limits: QualityLimits) -> Finding | None:
    if brightness < limits.min_brightness:
        detail = "The face is too dark: put the light in front of it, not behind."
        return Finding(Reason.TOO_DARK, detail, brightness, limits.min_brightness)
    if brightness > limits.max_brightness:
        detail = "The face is too bright: take away the flash or the direct sun."
        return Finding(Reason.TOO_BRIGHT, detail, brightness, limits.max_brightness)
    return None


def _yaw(yaw: float, limits: QualityLimits) -> Finding | None:
    if abs(yaw) <= limits.max_yaw_degrees:
        return None
    detail = f"The face is turned about {abs(yaw):.0f} degrees to the side: look into the camera."
    return Finding(Reason.TURNED_AWAY, detail, abs(yaw), limits.max_yaw_degrees)


_EYE, _MOUTH, _NOSE = (0.5, -0.485, 0.1), (0.43, 0.485, 0.1), (0.0, 0.0, -0.4)
_HEAD = ((-_EYE[0], *_EYE[1:]), _EYE, _NOSE, (-_MOUTH[0], *_MOUTH[1:]), _MOUTH)
"""The landmarks of a mean head around their centre: x right, y down, z away from the camera, in eye distances.

Eyes and mouth lie in one plane, which faces the camera at pitch 0. Width and height are the mean shape of 2,320
faces' landmarks by factorization (Tomasi and Kanade, "Shape and motion from image streams under orthography", IJCV 9,
1992). Small turns leave the depth open: at half an eye distance the yaw agrees with a network that sees the pixels, see
docs/quality.md.
"""


def pose(landmarks: Landmarks) -> Pose:
    """Return the estimated pose of a face.

    POS, pose from orthography and scaling (DeMenthon and Davis, "Model-based object pose in 25 lines of code",
    International Journal of Computer Vision 15, 1995): the linear map that takes a rigid head closest to the
    landmarks, in the sum of squares, has the directions of the camera's axes for its rows. A face that is not the mean
    one, a smile or an error of a few pixels in a landmark moves the angles by several degrees, pitch most.
    """
    right = _unit([sum(x * weight for (x, _), weight in zip(landmarks, column, strict=True)) for column in _INVERSE])
    down = _unit([sum(y * weight for (_, y), weight in zip(landmarks, column, strict=True)) for column in _INVERSE])
    x, y, z = _unit(_cross(right, down))
    yaw, pitch, roll = math.atan2(x, z), -math.asin(max(-1.0, min(1.0, y))), math.atan2(-right[1], down[1])
    return Pose(math.degrees(yaw), math.degrees(pitch), math.degrees(roll))


def _inverse() -> tuple[tuple[float, ...], ...]:
    """Return the pseudo-inverse of `_HEAD`, (3, 5), whose axes are orthogonal."""
    axes = tuple(zip(*_HEAD, strict=True))
    return tuple(tuple(value / sum(other**2 for other in axis) for value in axis) for axis in axes)


_INVERSE = _inverse()


def _cross(a: Sequence[float], b: Sequence[float]) -> list[float]:
    return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]


def _unit(vector: Sequence[float]) -> list[float]:
    length = math.hypot(*vector) or 1.0
    return [value / length for value in vector]
