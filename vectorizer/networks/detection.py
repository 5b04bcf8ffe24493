"""Detects faces: one image at two scales, one list of faces without duplicates.

Detectors of this family miss faces larger than about 400 pixels. An image that could contain one is therefore analysed
twice: reduced to at most `size` pixels on the longer side, never enlarged; and small in the middle of an empty canvas,
where a face that fills the image has an ordinary size. The second view costs little and only adds faces that the first
does not find.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import cv2
import numpy as np
from numpy.typing import NDArray

STRIDE = 32
"""The coarsest stride of the detectors; canvases are multiples of it."""

CLOSE_UP_ABOVE = 320
"""Longer side of the first view, pixels, up to which it finds faces of any size without the second."""

CLOSE_UP_CANVAS = 160
"""Side of the square canvas of the second view, pixels."""

CLOSE_UP_SIZE = 96
"""Longer side of the image within the second view, pixels."""

CLOSE_UP_SHARE = 0.3
"""The second view adds faces whose longer side is at least this share of the image's; the first view sees smaller
ones with more pixels."""

MAX_FAINT = 16
"""Proposals below the score threshold that are kept, the best ones."""


@dataclass(frozen=True, slots=True)
class Detections:
    """`n` faces in the pixels of one image, float32.

    boxes: (n, 4) left, top, right, bottom. scores: (n,) in [0, 1]. landmarks: (n, 5, 2) x, y of the eye, eye, nose,
    mouth corner, mouth corner; left before right as the viewer sees them.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    landmarks: NDArray[np.float32]

    @classmethod
    def none(cls) -> Self:
        """Return no faces."""
        return cls(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty((0, 5, 2), np.float32))

    def __len__(self) -> int:
        return len(self.scores)

    def pick(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> Self:
        """Return the faces of `index`, in its order."""
        return type(self)(self.boxes[index], self.scores[index], self.landmarks[index])

    def enlarged(self, factor: float) -> Self:
        """Return the same faces in the pixels of an image that is `factor` times as large."""
        return type(self)(self.boxes * np.float32(factor), self.scores, self.landmarks * np.float32(factor))

    def moved(self, right: float, down: float) -> Self:
        """Return the same faces, moved."""
        shift = np.array([right, down], np.float32)
        return type(self)(self.boxes + np.tile(shift, 2), self.scores, self.landmarks + shift)

    def join(self, other: Self) -> Self:
        """Return both lists, one after the other."""
        return self.joined([self, other])

    @classmethod
    def joined(cls, lists: Sequence[Self]) -> Self:
        """Return at least one list, one after the other."""
        some = [each for each in lists if len(each)] or lists[:1]
        if len(some) == 1:
            return some[0]
        return cls(
            np.concatenate([each.boxes for each in some]),
            np.concatenate([each.scores for each in some]),
            np.concatenate([each.landmarks for each in some]),
        )


class DetectorNetwork(Protocol):
    """A neural network that proposes faces on a canvas."""

    @property
    def score_threshold(self) -> float:
        """The score from which a proposal counts as a face."""

    def propose(self, canvas: NDArray[np.uint8], floor: float | None = None) -> Detections:
        """Return all proposals with a score of at least `floor`, the score threshold by default; they may overlap.

        canvas: (height, width, 3) RGB; height and width are multiples of `STRIDE`.
        """


@dataclass(frozen=True, slots=True)
class Sightings:
    """Faces, and faint proposals below the score threshold that are not part of them; both best score first."""

    faces: Detections
    faint: Detections

    def map(self, change: Callable[[Detections], Detections]) -> Self:
        """Return the same sightings, both changed alike."""
        return type(self)(change(self.faces), change(self.faint))


@dataclass(frozen=True, slots=True)
class Detector:
    """Finds the faces of an image with one network at two scales.

    size: longer side of the first view, pixels. overlap: intersection over union above which two boxes are one face.
    square: whether the first view is always `size` times `size`, for devices that need few shapes.
    """

    network: DetectorNetwork
    size: int = 640
    overlap: float = 0.4
    square: bool = False

    def detect(self, image: NDArray[np.uint8]) -> Detections:
        """Return the faces of `image`, (height, width, 3) RGB, best score first, in its pixels."""
        return self.overview(image, self.network.score_threshold).faces

    def overview(self, image: NDArray[np.uint8], floor: float) -> Sightings:
        """Return the faces of `image` and the faint proposals from a score of `floor`, in its pixels."""
        seen = reduce(image, self.size)
        whole = self.view(seen, floor)
        found = whole if max(seen.shape[:2]) <= CLOSE_UP_ABOVE else whole.join(self._close_up(seen, floor))
        # The first view has more pixels, so its faces take precedence over the second view's whatever the scores.
        rank = found.scores + (np.arange(len(found)) < len(whole))
        return self.distinct(found, rank).map(lambda some: _scaled(some, seen, image))

    def view(self, seen: NDArray[np.uint8], floor: float) -> Detections:
        """Return the proposals from a score of `floor` on an image of at most `size` pixels; they may overlap."""
        height, width = (self.size, self.size) if self.square else seen.shape[:2]
        return self._view(seen, _round_up(height), _round_up(width), top=0, left=0, floor=floor)

    def distinct(self, found: Detections, rank: NDArray[np.float32]) -> Sightings:
        """Separate faces from faint proposals, and drop those that overlap with one of a higher `rank`, (n,)."""
        sure = found.scores >= self.network.score_threshold
        faces = found.pick(sure)
        faces = faces.pick(suppress(faces.boxes, rank[sure], self.overlap))
        faint = found.pick(~sure)
        faint = faint.pick(np.argsort(-faint.scores, kind="stable")[:MAX_FAINT])
        both = faces.join(faint)
        kept = suppress(both.boxes, both.scores + (np.arange(len(both)) < len(faces)), self.overlap)
        return Sightings(_best_first(faces), _best_first(both.pick(kept[kept >= len(faces)])))

    def _close_up(self, image: NDArray[np.uint8], floor: float) -> Detections:
        """Detect on the image small in the middle of an empty square; only faces that fill much of it count."""
        seen = reduce(image, CLOSE_UP_SIZE)
        height, width = seen.shape[:2]
        top, left = (CLOSE_UP_CANVAS - height) // 2, (CLOSE_UP_CANVAS - width) // 2
        found = self._view(seen, CLOSE_UP_CANVAS, CLOSE_UP_CANVAS, top=top, left=left, floor=floor)
        sides = (found.boxes[:, 2:] - found.boxes[:, :2]).max(axis=1, initial=0)
        return _scaled(found.pick(sides >= CLOSE_UP_SHARE * max(height, width)), seen, image)

    def _view(
        self, seen: NDArray[np.uint8], height: int, width: int, *, top: int, left: int, floor: float
    ) -> Detections:
        """Place `seen` on an empty canvas; return proposals in its pixels."""
        canvas = np.zeros((height, width, 3), np.uint8)
        canvas[top : top + seen.shape[0], left : left + seen.shape[1]] = seen
        found = self.network.propose(canvas, floor)
        return found.moved(-left, -top)


def as_input(pixels: NDArray[np.uint8], *, mean: float = 0.0, scale: float = 1.0) -> NDArray[np.float32]:
    """Return (height, width, 3) pixels as a network takes them: (1, 3, height, width), (value - mean) / scale."""
    blob = cv2.dnn.blobFromImage(pixels, 1 / scale, mean=(mean, mean, mean))
    return blob.astype(np.float32, copy=False)


def suppress(boxes: NDArray[np.float32], scores: NDArray[np.float32], overlap: float) -> NDArray[np.intp]:
    """Greedy non-maximum suppression.

    boxes: (n, 4) left, top, right, bottom. Return the indices of the boxes to keep, best score first: a box is
    dropped if its intersection over union with a better one that is kept is above `overlap`.
    """
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 0)
    areas = sides.prod(axis=1)
    waiting = np.argsort(-scores, kind="stable")
    kept = []
    while waiting.size:
        best, waiting = waiting[0], waiting[1:]
        kept.append(best)
        shared = np.minimum(boxes[best, 2:], boxes[waiting, 2:]) - np.maximum(boxes[best, :2], boxes[waiting, :2])
        intersection = np.maximum(shared, 0).prod(axis=1)
        union = areas[best] + areas[waiting] - intersection
        waiting = waiting[intersection <= overlap * union]
    return np.array(kept, np.intp)


def reduce(image: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Return `image` reduced so that its longer side is `size` pixels; a smaller one is not changed.

    It is halved by averaging as often as possible, which is cheap and keeps small faces from being sampled away.
    """
    height, width = image.shape[:2]
    scale = size / max(height, width)
    if scale >= 1:
        return image
    target = max(1, round(width * scale)), max(1, round(height * scale))
    while max(image.shape[:2]) >= 2 * size:
        half = max(1, image.shape[1] // 2), max(1, image.shape[0] // 2)
        image = cv2.resize(image, half, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    return cv2.resize(image, target, interpolation=cv2.INTER_LINEAR).astype(np.uint8, copy=False)


def _best_first(found: Detections) -> Detections:
    return found.pick(np.argsort(-found.scores, kind="stable"))


def _scaled(found: Detections, seen: NDArray[np.uint8], image: NDArray[np.uint8]) -> Detections:
    """Convert proposals from the pixels of `seen`, which is `image` reduced, to the pixels of `image`."""
    scale = np.array([image.shape[1] / seen.shape[1], image.shape[0] / seen.shape[0]], np.float32)
    return Detections(found.boxes * np.tile(scale, 2), found.scores, found.landmarks * scale)


def _round_up(length: int) -> int:
    return -(-length // STRIDE) * STRIDE
