"""Photographs out of focus, in motion, and with too few pixels."""

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.photographs.damage.scene import Scene, as_pixels
from bench.photographs.degraded import Pixels

FACE_WIDTHS_PER_EYE_DISTANCE = 2.4


def defocused(image: Pixels, radius: int) -> Pixels:
    """Return the image seen through a round aperture, out of focus: each point is a disc."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)).astype(np.float32)
    return _filtered(image, disc)


def boxed(image: Pixels, side: int) -> Pixels:
    """Return the image averaged over squares."""
    return cv2.blur(image, (side, side)).astype(np.uint8)


def moved(image: Pixels, length: float, degrees: float) -> Pixels:
    """Return the image of a camera that moved by this number of pixels, anticlockwise from the right."""
    reach = int(np.ceil(length / 2)) + 1
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    angle = np.deg2rad(degrees)
    along, aside = x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)
    inside = np.clip(length / 2 + 0.5 - np.abs(along), 0, 1) * np.clip(1 - np.abs(aside), 0, 1)
    return _filtered(image, inside)


def shaken(scene: Scene, length: float) -> Pixels:
    """Return the photograph of a hand that trembled along a random curve about this long, pixels."""
    steps = scene.random.normal(0, 1, (64, 2)).cumsum(axis=0)
    path = steps.cumsum(axis=0)
    path = (path - path.mean(axis=0)) * length / np.ptp(path, axis=0).max()
    side = 2 * int(np.ceil(length)) + 3
    kernel = np.zeros((side, side), np.float32)
    np.add.at(kernel, tuple((path + side / 2).astype(int).T), 1)
    return _filtered(scene.pixels, kernel)


def zoomed(image: Pixels, factor: float) -> Pixels:
    """Return the image of a lens that zoomed during the exposure."""
    return _averaged(image, [(scale, 0.0) for scale in np.linspace(1, factor, 20)])


def spun(image: Pixels, degrees: float) -> Pixels:
    """Return the image of a camera that turned about its axis during the exposure."""
    return _averaged(image, [(1.0, angle) for angle in np.linspace(-degrees / 2, degrees / 2, 20)])


def of_width(scene: Scene, pixels: float, *, enlarged: bool) -> Pixels:
    """Return the photograph with a face of this width in pixels, as it is or enlarged again."""
    scale = min(1.0, pixels / (FACE_WIDTHS_PER_EYE_DISTANCE * scene.eye_distance))
    small = cv2.resize(scene.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    if enlarged:
        small = cv2.resize(small, (scene.width, scene.height), interpolation=cv2.INTER_CUBIC)
    return small.astype(np.uint8)


def pixelated(image: Pixels, side: int) -> Pixels:
    """Return the image as a mosaic of squares."""
    height, width = image.shape[:2]
    small = cv2.resize(image, (max(1, width // side), max(1, height // side)), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST).astype(np.uint8)


def _averaged(image: Pixels, views: list[tuple[float, float]]) -> Pixels:
    """Return the mean of the image at several scales and angles."""
    height, width = image.shape[:2]
    total = np.zeros(image.shape, np.float32)
    for scale, angle in views:
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, scale)
        total += cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REFLECT)
    return as_pixels(total / len(views))


def _filtered(image: Pixels, kernel: NDArray[np.float32]) -> Pixels:
    return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT), np.uint8)
