"""A photograph as a JPEG of bounded size, which every browser shows."""

from typing import NamedTuple

import cv2

from vectorizer.decoding.picture import DecodedImage
from vectorizer.networks.detection import reduce

_QUALITY = 85


class Preview(NamedTuple):
    """An upright JPEG file, and the width and height of the upright image that it shows, to which boxes refer."""

    jpeg: bytes
    width: int
    height: int


def preview(image: DecodedImage, max_side: int) -> Preview:
    """Return an image as a JPEG whose longer side has at most `max_side` pixels, without metadata."""
    enough = max(image.pixels.shape[:2]) >= min(max_side, max(image.width, image.height))
    pixels = reduce(image.pixels if enough else image.in_full(), max_side)
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return Preview(encoded.tobytes(), image.width, image.height)
