"""An upright image at several scales."""

from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vectorizer.networks.detection import reduce

_MAX_MISSING = 1.05
"""How many times larger than the reduced image a view may be and still be taken from it."""

_MIN_FACE = 112
"""Longer side of a face, pixels of the reduced image, from which the full image would not show it better."""


class Picture:
    """An image that was decoded at one `reduction`-th of its size, and all of its pixels once something needs them."""

    def __init__(self, pixels: NDArray[np.uint8], reduction: int, in_full: Callable[[], NDArray[np.uint8]]) -> None:
        """pixels: (rows, columns, 3) RGB. in_full: returns the pixels of the full image, in the same orientation."""
        self.reduced = pixels
        self.reduction = reduction
        self._in_full = in_full

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
        """Return the pixels to see a face with, and how many times smaller than the full image they are.

        box: (4,) left, top, right, bottom, pixels of the full image.
        """
        if self.reduction == 1 or (box[2:] - box[:2]).max() >= _MIN_FACE * self.reduction:
            return self.reduced, self.reduction
        return self.full, 1
