"""The choice of one face if a photograph shows several."""

import math
from collections.abc import Callable, Sequence
from enum import StrEnum

from apiserver.biometrics.face import Box, Face, Image


class FaceChoice(StrEnum):
    """Which face is taken if a photograph shows several."""

    ONLY = "only"
    LARGEST = "largest"
    CENTER = "center"


MIN_OVERLAP = 0.3
"""The intersection over union from which a box refers to a face."""


def choose_in_box(faces: Sequence[Face], box: Box) -> Face | None:
    """Return the face that `box` overlaps most, or None if it overlaps none enough."""
    best = max(faces, key=lambda face: overlap(face.box, box), default=None)
    return best if best and overlap(best.box, box) >= MIN_OVERLAP else None


def overlap(one: Box, other: Box) -> float:
    """Return the intersection over union of two boxes, 0 to 1."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(0, width) * max(0, height)
    return shared / (_box_area(one) + _box_area(other) - shared) if shared else 0.0


def choose(faces: Sequence[Face], choice: FaceChoice, image: Image) -> Face | None:
    """Return the face that `choice` selects, or None if there is none."""
    if choice is FaceChoice.ONLY:
        return faces[0] if len(faces) == 1 else None
    order: Callable[[Face], float] = _area if choice is FaceChoice.LARGEST else lambda face: -_off_centre(face, image)
    return max(faces, key=order, default=None)


def _area(face: Face) -> float:
    return _box_area(face.box)


def _box_area(box: Box) -> int:
    left, top, right, bottom = box
    return (right - left) * (bottom - top)


def _off_centre(face: Face, image: Image) -> float:
    """Return the distance of the face's centre from the image's, in pixels."""
    left, top, right, bottom = face.box
    return math.hypot((left + right - image.width) / 2, (top + bottom - image.height) / 2)
