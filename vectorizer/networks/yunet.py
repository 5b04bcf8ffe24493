"""YuNet, OpenCV's detector (Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", 2023)."""

import numpy as np
from numpy.typing import NDArray

from vectorizer.networks.detection import Detections, as_input
from vectorizer.networks.scrfd import grid
from vectorizer.networks.sessions import Session

STRIDES = (8, 16, 32)


class YuNet:
    """Anchor-free: at each position of three grids a class, an objectness, a box by centre and size, five landmarks."""

    def __init__(self, session: Session, score_threshold: float = 0.6) -> None:
        self._session = session
        self.score_threshold = score_threshold

    def propose(self, canvas: NDArray[np.uint8], floor: float | None = None) -> Detections:
        """See `vectorizer.networks.detection.DetectorNetwork`."""
        floor = self.score_threshold if floor is None else floor
        outputs = dict(zip(self._session.outputs, self._session.run(as_input(canvas[:, :, ::-1])), strict=True))
        return Detections.joined([self._decode(stride, canvas.shape[:2], floor, outputs) for stride in STRIDES])

    def _decode(
        self, stride: int, canvas: tuple[int, ...], floor: float, outputs: dict[str, NDArray[np.float32]]
    ) -> Detections:
        """Turn one stride's outputs, in strides around each position, into pixels of the canvas."""
        scores = np.sqrt(np.clip(outputs[f"cls_{stride}"], 0, 1) * np.clip(outputs[f"obj_{stride}"], 0, 1)).reshape(-1)
        above = np.flatnonzero(scores >= floor)
        if not above.size:
            return Detections.none()
        position = grid(canvas[0] // stride, canvas[1] // stride, 1)[above]
        shape = outputs[f"bbox_{stride}"].reshape(-1, 4)[above]
        centre, half = position + shape[:, :2], np.exp(shape[:, 2:]) / 2
        return Detections(
            np.concatenate([centre - half, centre + half], axis=1) * stride,
            scores[above],
            (position[:, None] + outputs[f"kps_{stride}"].reshape(-1, 5, 2)[above]) * stride,
        )
