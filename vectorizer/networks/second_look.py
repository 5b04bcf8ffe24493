"""Looks at one face again: cut out, turned and scaled so that the detector sees it best.

A look has the size of the close-up, a sixteenth of an overview of 640 x 640 pixels.
"""

from dataclasses import dataclass
from math import cos, radians, remainder, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from vectorizer.networks.alignment import TEMPLATE, agreement
from vectorizer.networks.detection import CLOSE_UP_CANVAS, Detections, DetectorNetwork

FACE = 64
"""Longer side of the face within a look, pixels."""

_MONTAGE_FACE = 36
"""Longer side of the face in each quarter of a montage, pixels."""

_QUARTERS = np.array([[x, y] for y in (0.5, 1.5) for x in (0.5, 1.5)], np.float32)
"""Centres of the quarters of a montage, in sides of a quarter."""

_MAX_OFFSET = 0.4
"""How far the centre of a face may be from the expected one, as a share of its longer side."""

_MAX_GROWTH = 2.0
"""How many times larger or smaller than expected a face may be."""


_PREFERENCE = 0.05
"""Added to the score of the turn as sent, so that a face which no turn shows well stays as it is."""

_CLEAR = 0.1
"""Lead of the best of four turns over the second from which the face is not tilted by about 45 degrees."""

_LEVEL = 4.0
"""Degrees up to which landmarks are level."""

_MAX_LOOKS = 3
"""Looks at a tilted face until its landmarks are level."""

_UPRIGHT = TEMPLATE - TEMPLATE.mean(axis=0, dtype=np.float64)
"""Landmarks of an upright face, relative to their mean."""


@dataclass(frozen=True, slots=True)
class Square:
    """A square of an image, `side` pixels wide around `centre`, turned clockwise by `degrees` when it is cut out."""

    centre: NDArray[np.float32]
    side: float
    degrees: float = 0.0

    def matrix(self, size: int) -> NDArray[np.float64]:
        """Return the (2, 3) matrix from pixels of the image to pixels of a canvas with sides of `size`."""
        scale, angle = size / self.side, radians(self.degrees)
        turn = scale * np.array([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]])
        return np.column_stack([turn, size / 2 - turn @ self.centre])

    def cut(self, image: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
        """Return the square as (size, size, 3) pixels; those outside `image` are black."""
        reach = self.side * 0.75  # half of the diagonal, and a margin
        left, top = np.clip(np.floor(self.centre - reach), 0, None).astype(int)
        right, bottom = np.ceil(self.centre + reach).astype(int)
        part = image[top : max(bottom, top), left : max(right, left)]
        matrix = self.matrix(size)
        matrix[:, 2] += matrix[:, :2] @ (left, top)
        shrunk = 1
        # Without averaging, a large reduction would leave out most pixels.
        while self.side >= 2 * size * shrunk and min(part.shape[:2]) > 1:
            rows, columns = part.shape[0] // 2, part.shape[1] // 2
            half = cv2.resize(part[: 2 * rows, : 2 * columns], (columns, rows), interpolation=cv2.INTER_AREA)
            part, shrunk = half.astype(np.uint8, copy=False), 2 * shrunk
        matrix[:, :2] *= shrunk
        if not part.size:
            return np.zeros((size, size, 3), np.uint8)
        return cv2.warpAffine(part, matrix, (size, size), flags=cv2.INTER_LINEAR).astype(np.uint8, copy=False)

    def uncut(self, found: Detections, size: int) -> Detections:
        """Return faces on the canvas of `size` pixels in pixels of the image; their boxes keep their size."""
        back = cv2.invertAffineTransform(self.matrix(size))
        centres = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2 @ back[:, :2].T + back[:, 2]
        sides = (found.boxes[:, 2:] - found.boxes[:, :2]) * (self.side / size)
        if round(self.degrees / 90) % 2:
            sides = sides[:, ::-1]
        boxes = np.concatenate([centres - sides / 2, centres + sides / 2], axis=1).astype(np.float32)
        landmarks = found.landmarks @ back[:, :2].T.astype(np.float32) + back[:, 2].astype(np.float32)
        return Detections(boxes, found.scores, landmarks)


def look(
    network: DetectorNetwork, image: NDArray[np.uint8], box: NDArray[np.float32], turned: float = 0.0
) -> Detections:
    """Return the face of `box`, in pixels of `image`, as seen alone, turned clockwise by `turned` degrees; or none."""
    longer = _longer(box)
    square = Square(_centre(box), longer * CLOSE_UP_CANVAS / FACE, turned)
    found = network.propose(square.cut(image, CLOSE_UP_CANVAS))
    middle = np.full(2, CLOSE_UP_CANVAS / 2, np.float32)
    return square.uncut(_expected(found, middle, FACE), CLOSE_UP_CANVAS)


def turns(
    network: DetectorNetwork, image: NDArray[np.uint8], box: NDArray[np.float32], start: float = 0.0
) -> NDArray[np.float32]:
    """Return the scores of the face of `box` turned clockwise by `start` degrees and 0, 90, 180 and 270 more.

    All four are quarters of one canvas, so they cost one run.
    """
    half = CLOSE_UP_CANVAS // 2
    seen = Square(_centre(box), _longer(box) * half / _MONTAGE_FACE, start).cut(image, half)
    rows = [np.concatenate([np.rot90(seen, -turn) for turn in pair], axis=1) for pair in ((0, 1), (2, 3))]
    found = network.propose(np.concatenate(rows), floor=0.0)
    near = _near(found, half * _QUARTERS, _MONTAGE_FACE)
    return np.array([found.scores[quarter].max(initial=0) for quarter in near], np.float32)


def rolls(landmarks: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return by how many degrees clockwise faces with these (…, 5, 2) landmarks are tilted, (…), -180 to 180."""
    along, across = agreement(landmarks - landmarks.mean(axis=-2, keepdims=True, dtype=np.float64), _UPRIGHT)
    tilts: NDArray[np.float64] = -np.degrees(np.arctan2(across, along))
    return tilts


def roll(landmarks: NDArray[np.float32]) -> float:
    """Return by how many degrees clockwise a face with these (5, 2) landmarks is tilted, -180 to 180."""
    return float(rolls(landmarks))


def best_turn(
    network: DetectorNetwork, image: NDArray[np.uint8], box: NDArray[np.float32], start: float
) -> tuple[float, float]:
    """Return by how many degrees clockwise the face of `box` is to be turned to be about upright, and its score then.

    start: the turn that is preferred unless another one is clearly better.
    """
    scores = turns(network, image, box, start)
    scores[0] += _PREFERENCE
    candidates = dict(zip(start + 90.0 * np.arange(4), scores.tolist(), strict=True))
    second, first = np.sort(scores)[-2:]
    if first - second < _CLEAR:  # it may be tilted by about 45 degrees
        more = turns(network, image, box, start + 45)
        candidates |= dict(zip(start + 45 + 90.0 * np.arange(4), more.tolist(), strict=True))
    degrees_ = max(candidates, key=lambda turn: candidates[turn])
    return degrees_, candidates[degrees_] - (_PREFERENCE if degrees_ == start else 0)


def straighten(
    network: DetectorNetwork, image: NDArray[np.uint8], box: NDArray[np.float32], turn: float, roll_gain: float
) -> Detections:
    """Return the face of `box` as seen in the best of a few turns near `turn`, which follow its landmarks; or none.

    roll_gain: how many degrees a face is tilted for each by which its landmarks are.
    """
    best = found = look(network, image, box, turn)
    for _ in range(_MAX_LOOKS - 1):
        tilt = remainder(roll(found.landmarks[0]) + turn, 360) if len(found) else 0.0
        if abs(tilt) <= _LEVEL:
            break
        turn -= roll_gain * tilt
        found = look(network, image, box, turn)
        if len(found) and found.scores[0] > best.scores[0]:
            best = found
    return best


def _centre(box: NDArray[np.float32]) -> NDArray[np.float32]:
    return (box[:2] + box[2:]) / np.float32(2)


def _longer(box: NDArray[np.float32]) -> float:
    return max(float((box[2:] - box[:2]).max()), 1.0)


def _expected(found: Detections, centre: NDArray[np.float32], size: float) -> Detections:
    """Return the best face near `centre` and about `size` pixels large, or none."""
    (near,) = np.nonzero(_near(found, centre[None], size)[0])
    best = near[np.argsort(-found.scores[near], kind="stable")[:1]]
    return found.pick(best)


def _near(found: Detections, centres: NDArray[np.float32], size: float) -> NDArray[np.bool_]:
    """Return which faces are near each of (m, 2) `centres` and about `size` pixels large: (m, n)."""
    left, top, right, bottom = found.boxes.T
    sides = np.maximum(right - left, bottom - top)
    about = (sides >= size / _MAX_GROWTH) & (sides <= size * _MAX_GROWTH)
    x, y = centres.T[..., None]
    offset = np.maximum(np.abs((left + right) / 2 - x), np.abs((top + bottom) / 2 - y))
    near: NDArray[np.bool_] = about & (offset <= _MAX_OFFSET * size)
    return near
