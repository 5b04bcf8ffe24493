"""An upright image at several scales."""

from collections.abc import Callable
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from vectorizer.networks.detection import reduce

_MAX_MISSING = 1.05
"""How many times larger than the reduced image a view may be and still be taken from it."""

_MIN_FACE = 64
"""Longer side of a face, pixels, from which a second look does not see it better with more of them."""


class Picture:
    """An image that was decoded at one `reduction`-th of its size, and all of its pixels once something needs them."""

    def __init__(self, pixels: NDArray[np.uint8], reduction: int, in_full: Callable[[], NDArray[np.uint8]]) -> None:
        """pixels: (rows, columns, 3) RGB. in_full: returns the pixels of the full image, in the same orientation."""
        self.reduced = pixels
        self.reduction = reduction
        self._in_full = in_full
        self._halves: dict[int, NDArray[np.uint8]] = {}

    @cached_property
    def full(self) -> NDArray[np.uint8]:
        """All pixels."""
        return self._in_full()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the full image, pixels; up to `reduction` - 1 too many."""
        return self.reduced.shape[1] * self.reduction, self.reduced.shape[0] * self.reduction

    def at(self, scale: float) -> NDArray[np.uint8]:
        """Return the image at `scale` of its full size."""
        enough = scale * self.reduction <= _MAX_MISSING
        return reduce(self.reduced if enough else self.full, round(max(self.size) * scale))

    def around(self, box: NDArray[np.float32]) -> tuple[NDArray[np.uint8], int]:
        """Return the picture as small as a second look at a face may see it, and how many times smaller that is.

        box: (4,) left, top, right, bottom, pixels of the full image.
        """
        longer = float((box[2:] - box[:2]).max())
        factor = self.reduction if longer >= _MIN_FACE * self.reduction else 1
        image = self.reduced if factor == self.reduction else self.full
        # Smaller parts are reduced faster than the whole picture. A single row cannot be halved.
        while longer >= 4 * factor * _MIN_FACE and min(image.shape[:2]) > 1:
            factor *= 2
            image = self._halves[factor] if factor in self._halves else self._halved(factor, image)
        return image, factor

    def _halved(self, factor: int, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return `image` at half of its size, which is a `factor`-th of the full one; it is kept for other faces."""
        rows, columns = image.shape[0] // 2, image.shape[1] // 2
        half = cv2.resize(image[: 2 * rows, : 2 * columns], (columns, rows), interpolation=cv2.INTER_AREA)
        return self._halves.setdefault(factor, half.astype(np.uint8, copy=False))
