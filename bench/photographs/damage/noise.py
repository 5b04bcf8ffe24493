"""Photographs with noise, with damaged lines, and on paper or screens."""

import cv2
import numpy as np

from bench.photographs.damage.light import as_grey
from bench.photographs.damage.scene import Scene, as_pixels
from bench.photographs.degraded import Pixels


def grainy(scene: Scene, deviation: float) -> Pixels:
    """Return the photograph with normal noise in every value."""
    return as_pixels(scene.pixels + scene.random.normal(0, deviation, scene.pixels.shape))


def salted(scene: Scene, share: float) -> Pixels:
    """Return the photograph with a share of its pixels black or white."""
    drawn = scene.random.random((scene.height, scene.width))
    image = scene.pixels.copy()
    image[drawn < share / 2], image[drawn > 1 - share / 2] = 0, 255
    return image


def speckled(scene: Scene, deviation: float) -> Pixels:
    """Return the photograph with noise in proportion to its values, as of radar."""
    return as_pixels(scene.pixels * (1 + scene.random.normal(0, deviation, scene.pixels.shape)))


def starved(scene: Scene, photons: float) -> Pixels:
    """Return the photograph of a sensor that counts this many photons where it is white, at full gain."""
    return as_pixels(scene.random.poisson(scene.pixels / 255 * photons) * 255 / photons)


def interlaced(image: Pixels, shift: int) -> Pixels:
    """Return the image with every second line shifted."""
    changed = image.copy()
    changed[::2] = np.roll(image[::2], shift, axis=1)
    return changed


def with_lost_lines(scene: Scene, share: float) -> Pixels:
    """Return the photograph with a share of its lines black."""
    image = scene.pixels.copy()
    image[scene.random.random(scene.height) < share] = 0
    return image


def with_torn_lines(scene: Scene, deviation: float) -> Pixels:
    """Return the photograph with bands of lines shifted at random, as on a worn tape."""
    shifts = np.repeat(scene.random.normal(0, deviation, scene.height // 6 + 1), 6)[: scene.height]
    lines = [np.roll(row, round(shift), axis=0) for row, shift in zip(scene.pixels, shifts, strict=True)]
    return np.stack(lines).astype(np.uint8)


def with_lost_blocks(scene: Scene, share: float, side: int = 16) -> Pixels:
    """Return the photograph with a share of its blocks grey, as after errors in transmission."""
    rows, columns = -(-scene.height // side), -(-scene.width // side)
    lost = (scene.random.random((rows, columns)) < share).repeat(side, 0).repeat(side, 1)
    image = scene.pixels.copy()
    image[lost[: scene.height, : scene.width]] = 128
    return image


def with_moire(image: Pixels, period: float, depth: float) -> Pixels:
    """Return the image with the beats of two grids, as photographed from paper or a screen."""
    y, x = np.mgrid[: image.shape[0], : image.shape[1]]
    one = np.sin(2 * np.pi * (x * 0.9 + y * 0.4) / period)
    other = np.sin(2 * np.pi * (x * 0.9 + y * 0.4 + 6 * np.sin(y / 18)) / (period * 1.15))
    return as_pixels(image * (1 + depth * (one * other))[:, :, None])


def on_screen(image: Pixels) -> Pixels:
    """Return the image on a coarse screen, whose columns are red, green and blue in turn."""
    lit = np.zeros(image.shape, np.float32)
    for channel in range(3):
        lit[:, channel::3, channel] = 2.2
    lit[::4] *= 0.3
    return as_pixels(image * lit)


def dithered(image: Pixels) -> Pixels:
    """Return the image in black and white dots by a matrix of 4 x 4 thresholds (Bayer)."""
    matrix = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) * 16 + 8
    height, width = image.shape[:2]
    thresholds = np.tile(matrix, (height // 4 + 1, width // 4 + 1))[:height, :width]
    return ((as_grey(image) > thresholds[:, :, None]) * 255).astype(np.uint8)


def halftoned(image: Pixels, period: int) -> Pixels:
    """Return the image printed in black dots, whose size is the darkness."""
    height, width = image.shape[:2]
    y, x = np.mgrid[:height, :width] * (np.pi / period)
    screen = (np.sin(x + y) * np.sin(x - y) + 1) * 127.5
    dots: Pixels = ((as_grey(image) > screen[:, :, None]) * 255).astype(np.uint8)
    return dots


def randomly_dithered(scene: Scene) -> Pixels:
    """Return the photograph in black and white, each pixel white with the probability of its lightness."""
    threshold = scene.random.integers(0, 256, (scene.height, scene.width, 1))
    return ((as_grey(scene.pixels) > threshold) * 255).astype(np.uint8)


def compressed(image: Pixels, quality: int) -> Pixels:
    """Return the image after a JPEG of this quality, its colours at half the resolution."""
    _, file = cv2.imencode(".jpg", image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(file, cv2.IMREAD_COLOR)
    assert decoded is not None
    return np.ascontiguousarray(decoded[:, :, ::-1]).astype(np.uint8)
