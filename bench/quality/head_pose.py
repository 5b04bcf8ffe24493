"""FSA-Net (Yang et al., "FSA-Net: Learning fine-grained structure aggregation for head pose estimation", CVPR 2019)."""

from pathlib import Path

import cv2
import numpy as np

from apiserver.biometrics.face import Box
from bench.photographs.degraded import Pixels
from vectorizer.networks.detection import as_input
from vectorizer.networks.sessions import OnnxSession

_SIDE = 64
"""Side of the network's input, pixels."""
_WIDER = 1.4
"""Margin around the box of the face: the network was trained on whole heads."""


class HeadPose:
    """Estimates the orientation of a head from pixels."""

    def __init__(self, path: Path) -> None:
        self._session = OnnxSession(path)

    def yaw(self, image: Pixels, box: Box) -> float:
        """Return degrees, positive towards the right edge of the image."""
        left, top, right, bottom = box
        scale = _SIDE / (_WIDER * max(right - left, bottom - top))
        shift = _SIDE / 2 - scale * np.array([(left + right) / 2, (top + bottom) / 2])
        matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
        head = cv2.warpAffine(image, matrix, (_SIDE, _SIDE), flags=cv2.INTER_AREA)[:, :, ::-1]
        blob = as_input(np.ascontiguousarray(head, np.uint8), mean=127.5, scale=128)
        angles = self._session.run(blob)[0][0]
        return -float(angles[0])
