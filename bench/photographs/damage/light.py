"""Photographs in bad light, and in wrong colours."""

import cv2
import numpy as np

from bench.photographs.damage.scene import Scene, as_pixels
from bench.photographs.degraded import Pixels


def foggy(image: Pixels, share: float, grey: int = 220) -> Pixels:
    """Return the image behind fog that covers a share of it."""
    return as_pixels(image * (1.0 - share) + grey * share)


def with_gamma(image: Pixels, gamma: float) -> Pixels:
    """Return the image with darker (above 1) or lighter middle tones."""
    return as_pixels(255 * (image / 255.0) ** gamma)


def tinted(image: Pixels, factors: tuple[float, float, float]) -> Pixels:
    """Return the image in light of another colour."""
    return as_pixels(image * np.array(factors))


def half_dark(scene: Scene, factor: float) -> Pixels:
    """Return the photograph with a shadow over the left half of the face."""
    edge = scene.landmarks[2, 0]
    ramp = 1 / (1 + np.exp(-(np.arange(scene.width) - edge) / 4))
    return as_pixels(scene.pixels * (factor + (1 - factor) * ramp)[None, :, None])


def few_levels(image: Pixels, levels: int, *, grey: bool = True) -> Pixels:
    """Return the image with this many levels, of grey or of each colour, at even distances between its extremes."""
    values = as_grey(image) if grey else image
    low, high = np.quantile(values, [0.02, 0.98])
    steps = np.floor(np.clip((values - low) / max(high - low, 1.0), 0, 0.9999) * levels)
    return as_pixels(steps * 255.0 / (levels - 1))


def two_levels_by_place(image: Pixels, side: int = 25) -> Pixels:
    """Return the image in black and white, by a threshold that follows the surroundings, as in scanned forms."""
    grey = np.ascontiguousarray(as_grey(image)[:, :, 0])
    bits = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, side, 5)
    return as_colour(bits.astype(np.uint8))


def negative(image: Pixels) -> Pixels:
    """Return the negative of the image."""
    return (255 - image).astype(np.uint8)


def negative_luminance(image: Pixels) -> Pixels:
    """Return the image with inverted lightness and its own hues."""
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)
    lab[:, :, 0] = 255 - lab[:, :, 0]
    return cv2.cvtColor(lab, cv2.COLOR_LAB2RGB).astype(np.uint8)


def solarised(image: Pixels, above: int = 128) -> Pixels:
    """Return the image with its bright values inverted."""
    return np.where(image >= above, 255 - image, image).astype(np.uint8)


def false_colours(image: Pixels, colours: int) -> Pixels:
    """Return the lightness of the image in the colours of one of OpenCV's maps, as of a thermal camera."""
    grey = np.ascontiguousarray(as_grey(image)[:, :, 0])
    return np.ascontiguousarray(cv2.applyColorMap(grey, colours)[:, :, ::-1]).astype(np.uint8)


def one_channel(image: Pixels, channel: int) -> Pixels:
    """Return the image with one of its channels as grey."""
    return as_colour(image[:, :, channel])


def one_inverted(image: Pixels, channel: int) -> Pixels:
    """Return the image with one of its channels inverted."""
    changed = image.copy()
    changed[:, :, channel] = 255 - changed[:, :, channel]
    return changed


def hue_turned(image: Pixels, degrees: int) -> Pixels:
    """Return the image with its hues turned about the circle."""
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)
    hsv[:, :, 0] = (hsv[:, :, 0].astype(int) + degrees // 2) % 180
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB).astype(np.uint8)


def equalised(image: Pixels) -> Pixels:
    """Return the image with each channel's values spread evenly."""
    return np.stack([cv2.equalizeHist(np.ascontiguousarray(image[:, :, c])) for c in range(3)], axis=-1).astype(
        np.uint8
    )


def as_grey(image: Pixels) -> Pixels:
    """Return the lightness of the image, in three equal channels."""
    return as_colour(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.uint8))


def as_colour(grey: Pixels) -> Pixels:
    """Return (height, width) values as three equal channels."""
    return np.repeat(grey[:, :, None], 3, axis=2)
