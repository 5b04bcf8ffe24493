"""How sharp and how bright an aligned face is: what its pixels alone tell of a photograph."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_FACE = slice(28, 106), slice(24, 88)
"""Rows and columns of an aligned face that hold its skin: from the brows to the chin, without hair and background."""


@dataclass(frozen=True, slots=True)
class Quality:
    """What was measured on one aligned face.

    sharpness: 0 for a flat surface, growing with fine detail; hardly any matter how bright the picture is.
    brightness: mean luma, 0 black to 1 white.
    """

    sharpness: float
    brightness: float


def measure(aligned: NDArray[np.uint8]) -> Quality:
    """Return the quality of one aligned face, (112, 112, 3) RGB."""
    luma = cv2.cvtColor(aligned, cv2.COLOR_RGB2GRAY)[_FACE].astype(np.float32)
    detail = cv2.Laplacian(luma, cv2.CV_32F).std()
    return Quality(float(detail / max(float(luma.std()), 1.0)), float(luma.mean()) / 255)
