"""Photographs made into drawings."""

import cv2
import numpy as np

from bench.photographs.damage.light import as_colour, as_grey
from bench.photographs.damage.scene import as_pixels
from bench.photographs.degraded import Pixels


def embossed(image: Pixels) -> Pixels:
    """Return the image as a relief."""
    kernel = np.array([[-2, -1, 0], [-1, 0, 1], [0, 1, 2]], np.float32)
    return as_pixels(cv2.filter2D(as_grey(image), cv2.CV_32F, kernel) + 128.0)


def edges(image: Pixels) -> Pixels:
    """Return white edges on black (Canny)."""
    return as_colour(cv2.Canny(as_grey(image)[:, :, 0].copy(), 60, 140).astype(np.uint8))


def edge_strength(image: Pixels) -> Pixels:
    """Return the strength of the edges (Sobel)."""
    grey = cv2.GaussianBlur(as_grey(image).astype(np.float32), (0, 0), 1)
    return as_pixels(np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)))


def sketched(image: Pixels) -> Pixels:
    """Return a pencil drawing: the image divided by its surroundings."""
    grey = as_grey(image).astype(np.float32)
    return as_pixels(255 * grey / np.maximum(cv2.GaussianBlur(grey, (0, 0), 6), 1))


def oil_painted(image: Pixels, side: int) -> Pixels:
    """Return the image in flat patches: the median of squares."""
    return cv2.medianBlur(image, side).astype(np.uint8)


def cartooned(image: Pixels) -> Pixels:
    """Return flat colours with black outlines."""
    flat = image
    for _ in range(4):
        flat = cv2.bilateralFilter(flat, 9, 60, 9).astype(np.uint8)
    grey = cv2.medianBlur(as_grey(image)[:, :, 0].copy(), 5)
    lines = cv2.adaptiveThreshold(grey.astype(np.uint8), 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 9, 4)
    return np.where(lines[:, :, None] > 0, flat // 48 * 48 + 24, 0).astype(np.uint8)


def sharpened(image: Pixels, amount: float) -> Pixels:
    """Return the image with exaggerated edges."""
    return as_pixels(image + amount * (image - cv2.GaussianBlur(image.astype(np.float32), (0, 0), 2)))


def skin_smoothed(image: Pixels) -> Pixels:
    """Return the image as by a strong beauty filter."""
    return cv2.bilateralFilter(image, 15, 90, 15).astype(np.uint8)
