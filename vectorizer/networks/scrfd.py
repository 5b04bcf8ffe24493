"""SCRFD, the detector of the InsightFace packs (Guo et al., "Sample and Computation Redistribution", 2021)."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from vectorizer.networks.detection import Detections, as_input
from vectorizer.networks.sessions import Session

STRIDES = (8, 16, 32)
ANCHORS = 2
"""Proposals at each position of a stride's grid."""


class Scrfd:
    """The network with five landmarks: three strides, two anchors per position, distances to the box's four sides."""

    def __init__(self, session: Session, score_threshold: float = 0.5) -> None:
        self._session = session
        self.score_threshold = score_threshold

    def propose(self, canvas: NDArray[np.uint8], floor: float | None = None) -> Detections:
        """See `vectorizer.networks.detection.DetectorNetwork`."""
        floor = self.score_threshold if floor is None else floor
        outputs = self._session.run(as_input(canvas, mean=127.5, scale=128.0))
        scores, boxes, landmarks = outputs[0:3], outputs[3:6], outputs[6:9]
        return Detections.joined(
            [
                self._decode(stride, canvas.shape[:2], scores[level], boxes[level], landmarks[level], floor=floor)
                for level, stride in enumerate(STRIDES)
            ]
        )

    def _decode(
        self,
        stride: int,
        canvas: tuple[int, ...],
        scores: NDArray[np.float32],
        boxes: NDArray[np.float32],
        landmarks: NDArray[np.float32],
        *,
        floor: float,
    ) -> Detections:
        """Turn one stride's outputs, in strides around each anchor, into pixels of the canvas."""
        scores = scores.reshape(-1)
        above = np.flatnonzero(scores >= floor)
        if not above.size:
            return Detections.none()
        anchor = grid(canvas[0] // stride, canvas[1] // stride, ANCHORS)[above] * stride
        sides = boxes.reshape(-1, 4)[above] * stride
        return Detections(
            np.concatenate([anchor - sides[:, :2], anchor + sides[:, 2:]], axis=1),
            scores[above],
            anchor[:, None] + landmarks.reshape(-1, 5, 2)[above] * stride,
        )


@lru_cache(maxsize=64)
def grid(rows: int, columns: int, repeat: int) -> NDArray[np.float32]:
    """Return the positions of a grid as (rows * columns * repeat, 2) x, y, row by row, each `repeat` times."""
    y, x = np.mgrid[:rows, :columns]
    return np.stack([x, y], axis=-1).reshape(-1, 2).repeat(repeat, axis=0).astype(np.float32)
