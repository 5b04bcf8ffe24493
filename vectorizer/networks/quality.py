"""Measures sharpness and brightness from the pixels of an aligned face."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

FACE = slice(28, 106), slice(24, 88)
"""Rows and columns of an aligned face that show skin: from the brows to the chin, without hair and background."""

DIAGONAL = 1.2
"""On sharp faces, the ratio along a diagonal is larger by this factor, because diagonal steps are longer."""

_MIN_CONTRAST = 0.3
"""Grey levels; smaller steps are rounding errors."""


@dataclass(frozen=True, slots=True)
class Quality:
    """The measurements of one aligned face.

    sharpness: about 0.75 for a sharp face, 0.4 for one blurred by two pixels or in motion, 0 for a flat surface.
    brightness: mean luma, 0 black to 1 white.
    """

    sharpness: float
    brightness: float


def measure(aligned: NDArray[np.uint8]) -> Quality:
    """Return the quality of one aligned face, (112, 112, 3) RGB."""
    luma = cv2.cvtColor(aligned, cv2.COLOR_RGB2GRAY)[FACE].astype(np.float32)
    return Quality(_sharpness(luma), float(luma.mean()) / 255)


def _sharpness(luma: NDArray[np.float32]) -> float:
    """Return the ratio of the spreads of second and first differences, in the direction in which it is lowest.

    A blurred edge is a ramp, whose steps hardly differ from pixel to pixel. The ratio does not depend on contrast or
    light; motion blurs one direction only, so the lowest of four counts.
    """
    mirrored = luma[:, ::-1]
    straight = min(_roughness(luma, 0, 1), _roughness(luma, 1, 0))
    return min(straight, _roughness(luma, 1, 1) / DIAGONAL, _roughness(mirrored, 1, 1) / DIAGONAL)


def _roughness(luma: NDArray[np.float32], down: int, right: int) -> float:
    first = _difference(luma, down, right)
    return float(_difference(first, down, right).std() / max(first.std(), _MIN_CONTRAST))


def _difference(values: NDArray[np.float32], down: int, right: int) -> NDArray[np.float32]:
    rows, columns = values.shape
    return values[down:, right:] - values[: rows - down, : columns - right]
