"""Photographs turned, stretched and bent."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.photographs.damage.scene import Scene
from bench.photographs.degraded import Pixels

Grid = NDArray[np.floating[Any]]


def quarter_turned(image: Pixels, turns: int) -> Pixels:
    """Return the image turned anticlockwise by this number of right angles."""
    return np.ascontiguousarray(np.rot90(image, turns))


def tilted(image: Pixels, degrees: float) -> Pixels:
    """Return the image turned anticlockwise about its middle; the corners are black."""
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    return cv2.warpAffine(image, matrix, (width, height)).astype(np.uint8)


def stretched(image: Pixels, across: float, down: float) -> Pixels:
    """Return the image at another ratio of its sides."""
    return cv2.resize(image, None, fx=across, fy=down, interpolation=cv2.INTER_LINEAR).astype(np.uint8)


def sheared(image: Pixels, factor: float) -> Pixels:
    """Return the image with each row shifted in proportion to its distance from the middle."""
    height, width = image.shape[:2]
    matrix = np.array([[1, factor, -factor * height / 2], [0, 1, 0]], np.float32)
    return cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REFLECT).astype(np.uint8)


def halves_mirrored(scene: Scene, *, left: bool) -> Pixels:
    """Return the photograph with one half of the face, mirrored at the nose, in place of the other."""
    middle = int(np.clip(scene.landmarks[2, 0], scene.width * 0.3, scene.width * 0.7))
    half = min(middle, scene.width - middle)
    image = scene.pixels.copy()
    if left:
        image[:, middle : middle + half] = scene.pixels[:, middle - half : middle][:, ::-1]
    else:
        image[:, middle - half : middle] = scene.pixels[:, middle : middle + half][:, ::-1]
    return image


def swirled(image: Pixels, turns: float) -> Pixels:
    """Return the image twisted about its middle, most there."""

    def twist(x: Grid, y: Grid, reach: float) -> tuple[Grid, Grid]:
        angle = turns * 2 * np.pi * np.exp(-((np.hypot(x, y) / (0.35 * reach)) ** 2))
        return x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)

    return _bent(image, twist)


def bulged(image: Pixels, power: float) -> Pixels:
    """Return the image as in a convex (above 1) or concave mirror (below 1)."""

    def bulge(x: Grid, y: Grid, reach: float) -> tuple[Grid, Grid]:
        distance = np.maximum(np.hypot(x, y) / (0.5 * reach), 1e-6)
        factor = (np.minimum(distance, 1) ** (power - 1)).astype(np.float32)
        return x * factor, y * factor

    return _bent(image, bulge)


def rippled(image: Pixels, amplitude: float, length: float) -> Pixels:
    """Return the image as through waves of this amplitude and length, pixels."""

    def ripple(x: Grid, y: Grid, _: float) -> tuple[Grid, Grid]:
        return x + amplitude * np.sin(2 * np.pi * y / length), y + amplitude * np.sin(2 * np.pi * x / length)

    return _bent(image, ripple)


def through_glass(scene: Scene, amplitude: float, grain: float) -> Pixels:
    """Return the photograph as through patterned glass: each place is shifted at random, alike within the grain."""
    shifts = scene.random.normal(0, 1, (2, scene.height, scene.width)).astype(np.float32)
    across, down = (cv2.GaussianBlur(shift, (0, 0), grain) for shift in shifts)
    across, down = (shift / shift.std() * amplitude for shift in (across, down))
    return _bent(scene.pixels, lambda x, y, _: (x + across, y + down))


def _bent(image: Pixels, source: Callable[[Grid, Grid, float], tuple[Grid, Grid]]) -> Pixels:
    """Return the image whose pixel at x, y from the middle is taken from where `source` says."""
    height, width = image.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    from_x, from_y = source(x - width / 2, y - height / 2, min(height, width))
    columns, rows = (from_x + width / 2).astype(np.float32), (from_y + height / 2).astype(np.float32)
    return cv2.remap(image, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT).astype(np.uint8)
