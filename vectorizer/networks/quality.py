"""Measures sharpness and brightness from the pixels of an aligned face."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

FACE = slice(28, 106), slice(24, 88)
"""Rows and columns of an aligned face that show skin: from the brows to the chin, without hair and background."""

DIRECTIONS = np.deg2rad(np.arange(0, 180, 15))
"""Directions in which sharpness is measured, radians."""

_SMOOTHING = 0.6
"""Deviation of the Gaussian that the differences are taken from, pixels: it removes most noise, and hardly any edge."""

_NOISE = 0.5
"""Spread of the second differences that JPEG and rounding leave on a flat surface after smoothing, grey levels."""

_MIN_CONTRAST = 0.3
"""Grey levels; smaller steps are rounding errors."""

_SCALE = 1.25
"""Makes the sharpness of press photographs about 0.75."""

_UNDER_A_HAT = 16
"""First row of the skin from which contrast is measured: a dark hat has contrast, and hardly any edges."""

_MIN_STEEPNESS = 0.134
"""First differences in the weakest direction, as a share of the contrast, of nearly all sharp faces."""

_WEAK_CONTRAST = 3.0
"""Grey levels that are added to the contrast, so that a flat surface is not steep."""

_COS, _SIN = np.cos(DIRECTIONS), np.sin(DIRECTIONS)
_FIRST = np.stack([_COS, _SIN])
_SECOND = np.stack([_COS**2, 2 * _COS * _SIN, _SIN**2])
"""Derivatives in each direction as sums of those along x and y: (2, 12) and, of xx, xy and yy, (3, 12)."""


@dataclass(frozen=True, slots=True)
class Quality:
    """The measurements of one aligned face.

    sharpness: about 0.75 for a sharp face, 0.4 for one blurred by two pixels or in motion, 0 for a flat surface.
    brightness: mean luma, 0 black to 1 white.
    """

    sharpness: float
    brightness: float


@dataclass(frozen=True, slots=True)
class Edges:
    """The edges of a face in each of `DIRECTIONS`, grey levels.

    first, second: (12,) spreads of the first and second differences; the second above the noise. contrast: the spread
    of the values.
    """

    first: NDArray[np.float64]
    second: NDArray[np.float64]
    contrast: float

    @property
    def sharpness(self) -> NDArray[np.float64]:
        """(12,) ratio of second to first differences, 0.75 for sharp faces, whatever their contrast.

        A blurred edge is a ramp, whose steps hardly differ from pixel to pixel.
        """
        return _SCALE * self.second / np.maximum(self.first, _MIN_CONTRAST)

    @property
    def steepness(self) -> float:
        """First differences in the weakest direction as a share of the contrast."""
        return float(self.first.min()) / (self.contrast + _WEAK_CONTRAST)

    @property
    def lowest_sharpness(self) -> float:
        """The sharpness of the face: that of the weakest direction, because motion blurs only one.

        Long motion makes copies of an edge that are as sharp as a short one leaves it, but ever weaker: then steepness
        tells.
        """
        return float(self.sharpness.min()) * min(1.0, self.steepness / _MIN_STEEPNESS)


def measure(aligned: NDArray[np.uint8]) -> Quality:
    """Return the quality of one aligned face, (112, 112, 3) RGB."""
    luma = face_luma(aligned)
    return Quality(measure_edges(luma).lowest_sharpness, float(luma.mean()) / 255)


def face_luma(aligned: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the luma of the skin, (78, 64), of an aligned face, (112, 112, 3) RGB."""
    return cv2.cvtColor(aligned, cv2.COLOR_RGB2GRAY)[FACE].astype(np.float32)


def measure_edges(luma: NDArray[np.float32]) -> Edges:
    """Measure the edges of `luma`, (rows, columns).

    Noise is subtracted from the second differences: a face that was blurred until only noise is left would otherwise
    be sharp.
    """
    smooth = cv2.GaussianBlur(luma, (0, 0), _SMOOTHING).astype(np.float32, copy=False)
    middle, rows, columns = smooth[1:-1, 1:-1], smooth[:, 1:-1], smooth[1:-1]
    across, down = (columns[:, 2:] - columns[:, :-2]) / 2, (rows[2:] - rows[:-2]) / 2
    twice_across = columns[:, 2:] + columns[:, :-2] - 2 * middle
    twice_down = rows[2:] + rows[:-2] - 2 * middle
    both = (smooth[2:, 2:] + smooth[:-2, :-2] - smooth[2:, :-2] - smooth[:-2, 2:]) / 4
    first = _variances(_FIRST, across, down)
    second = _variances(_SECOND, twice_across, both, twice_down) - _NOISE**2
    return Edges(np.sqrt(np.maximum(first, 0)), np.sqrt(np.maximum(second, 0)), float(luma[_UNDER_A_HAT:].std()))


def _variances(weights: NDArray[np.float64], *parts: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return the variance of each weighted sum of the parts; weights: (parts, sums)."""
    values = np.stack(parts).reshape(len(parts), -1)
    means = values.mean(axis=1)
    covariance = values @ values.T / values.shape[1] - np.outer(means, means)
    variances: NDArray[np.float64] = (weights * (covariance @ weights)).sum(axis=0)
    return variances
