"""Deliberately degraded photographs, each in one way and by a known amount."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from apiserver.biometrics.quality import Reason

Pixels = NDArray[np.uint8]
"""(height, width, 3) RGB."""


def blurred(image: Pixels, sigma: float) -> Pixels:
    """Return the image out of focus: a Gaussian blur with this deviation, pixels."""
    return cv2.GaussianBlur(image, (0, 0), sigma).astype(np.uint8)


def moved(image: Pixels, length: int, degrees: float) -> Pixels:
    """Return the image of a camera that moved by this number of pixels in this direction."""
    line = np.zeros((length, length), np.float32)
    line[length // 2] = 1
    turned = cv2.warpAffine(line, cv2.getRotationMatrix2D((length // 2, length // 2), degrees, 1), (length, length))
    smeared: Pixels = np.asarray(cv2.filter2D(image, -1, turned / turned.sum()), np.uint8)
    return smeared


def exposed(image: Pixels, factor: float) -> Pixels:
    """Return the image with all values times `factor`, cut off at white."""
    return np.asarray(np.clip(image * float(factor), 0, 255), np.uint8)


def shrunk(image: Pixels, scale: float) -> Pixels:
    """Return the image at `scale` of its size."""
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8)


def noisy(image: Pixels, deviation: float) -> Pixels:
    """Return the image with the grain of a dim room: normal noise in every value, the same in every run."""
    noise = np.random.default_rng(0).normal(0, deviation, image.shape)
    return np.asarray(np.clip(image + noise, 0, 255), np.uint8)


def compressed(image: Pixels, quality: int) -> Pixels:
    """Return the image after a JPEG of this quality."""
    _, file = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(file, cv2.IMREAD_UNCHANGED)
    assert decoded is not None
    return decoded.astype(np.uint8)


WAYS: dict[str, tuple[Reason | None, Callable[[Pixels], Pixels]]] = {
    "out of focus, 1 px": (Reason.BLURRED, lambda image: blurred(image, 1)),
    "out of focus, 1.5 px": (Reason.BLURRED, lambda image: blurred(image, 1.5)),
    "out of focus, 2 px": (Reason.BLURRED, lambda image: blurred(image, 2)),
    "out of focus, 3 px": (Reason.BLURRED, lambda image: blurred(image, 3)),
    "out of focus, 4 px": (Reason.BLURRED, lambda image: blurred(image, 4)),
    "motion, 7 px across": (Reason.BLURRED, lambda image: moved(image, 7, 0)),
    "motion, 11 px across": (Reason.BLURRED, lambda image: moved(image, 11, 0)),
    "motion, 11 px down": (Reason.BLURRED, lambda image: moved(image, 11, 90)),
    "motion, 11 px slanting": (Reason.BLURRED, lambda image: moved(image, 11, 30)),
    "motion, 11 px diagonal": (Reason.BLURRED, lambda image: moved(image, 11, 45)),
    "light x 0.5": (Reason.TOO_DARK, lambda image: exposed(image, 0.5)),
    "light x 0.3": (Reason.TOO_DARK, lambda image: exposed(image, 0.3)),
    "light x 0.2": (Reason.TOO_DARK, lambda image: exposed(image, 0.2)),
    "light x 1.6": (Reason.TOO_BRIGHT, lambda image: exposed(image, 1.6)),
    "light x 2.2": (Reason.TOO_BRIGHT, lambda image: exposed(image, 2.2)),
    "light x 3": (Reason.TOO_BRIGHT, lambda image: exposed(image, 3)),
    "size x 0.4": (Reason.FACE_TOO_SMALL, lambda image: shrunk(image, 0.4)),
    "size x 0.3": (Reason.FACE_TOO_SMALL, lambda image: shrunk(image, 0.3)),
    "size x 0.2": (Reason.FACE_TOO_SMALL, lambda image: shrunk(image, 0.2)),
    "out of focus, 2 px, then noise of 3": (Reason.BLURRED, lambda image: noisy(blurred(image, 2), 3)),
    "out of focus, 2 px, then JPEG 40": (Reason.BLURRED, lambda image: compressed(blurred(image, 2), 40)),
    "noise of 8": (None, lambda image: noisy(image, 8)),
    "JPEG 30": (None, lambda image: compressed(image, 30)),
}
"""By name: the expected reason, if any, and the degradation."""
