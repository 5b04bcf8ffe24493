"""What is known of a decoded image."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CHANNELS = 3

MEDIA_TYPES = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "avif": "image/avif",
    "tif": "image/tiff",
    "bmp": "image/bmp",
    "gif": "image/gif",
    "heic": "image/heic",
}
"""The formats that are read: media types that browsers know, by file extension."""


Place = Callable[[int, int], NDArray[np.uint8]]
"""Returns memory for pixels, (rows, columns, 3)."""


def anywhere(rows: int, columns: int) -> NDArray[np.uint8]:
    """Return new memory for pixels."""
    return np.empty((rows, columns, CHANNELS), np.uint8)


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """An upright image of `width` times `height` pixels.

    pixels: (rows, columns, 3) RGB; a large JPEG is reduced by `reduction`, and `in_full` decodes all of its pixels.
    """

    pixels: NDArray[np.uint8]
    width: int
    height: int
    media_type: str
    extension: str
    reduction: int
    in_full: Callable[[], NDArray[np.uint8]]
