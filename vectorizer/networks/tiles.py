"""Divides a large picture into tiles, so that the detector sees its small faces with enough pixels.

The overview of a picture of 8000 pixels shows a face of 100 pixels with eight, and none is found below sixteen. A tile
is a part of the picture as large as the overview; neighbours overlap by more than the largest face that only tiles
show, so that one of them has it whole.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, log, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Detail(StrEnum):
    """How closely a picture is looked at: `auto`, tiles if it is large; `fast`, never; `full`, all of its pixels."""

    AUTO = "auto"
    FAST = "fast"
    FULL = "full"


SMALL_FACE_SCALE = 0.32
"""Scale of the finest tiles with `auto`: a face of 75 pixels has 24 then, from which on both detectors find all."""

OVERLAP = 128
"""Pixels that neighbouring tiles share."""

_MIN_GAIN = 1.15
"""Tiles that show a picture less than this many times as large as its overview would find nothing more."""

_MAX_STEP = 4.2
"""How much larger one level shows a picture than the previous one: the overview finds all faces of more than 24 pixels,
which are 101 in the next level, less than `OVERLAP`."""

_MAX_TILES = 48
"""Tiles of a level; a level that would need more is reduced, which bounds the time that a picture can take."""


class Tile(NamedTuple):
    """A part of a picture, pixels."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Tiling:
    """Tiles of at most `size` pixels a side that cover `width` times `height` pixels."""

    width: int
    height: int
    size: int

    def __iter__(self) -> Iterator[Tile]:
        """Yield the tiles row by row."""
        for top, height in _parts(self.height, self.size):
            for left, width in _parts(self.width, self.size):
                yield Tile(left, top, width, height)

    def whole(self, tile: Tile, boxes: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Return which of the (n, 4) boxes, in pixels of the tile, do not touch a border that another tile shares."""
        low = np.array([_EDGE if tile.left else -np.inf, _EDGE if tile.top else -np.inf])
        right, bottom = tile.left + tile.width < self.width, tile.top + tile.height < self.height
        high = np.array([tile.width - _EDGE if right else np.inf, tile.height - _EDGE if bottom else np.inf])
        borders = np.concatenate([boxes[:, :2] >= low, boxes[:, 2:] <= high], axis=1)
        inside: NDArray[np.bool_] = np.all(borders, axis=1)
        return inside


_EDGE = 3
"""Pixels from a tile's border within which a box touches it."""


def levels(width: int, height: int, size: int, detail: Detail) -> list[float]:
    """Return the scales at which a picture is looked at in tiles, coarsest first; none if the overview is enough.

    size: longer side of the overview, pixels.
    """
    if detail is Detail.FAST:
        return []
    longer = max(width, height)
    finest = min(_affordable(width, height, size), 1.0 if detail is Detail.FULL else SMALL_FACE_SCALE)
    gain = longer * finest / size
    if gain < _MIN_GAIN:
        return []
    steps = ceil(log(gain, _MAX_STEP))
    return [size / longer * gain ** (step / steps) for step in range(1, steps + 1)]


def _affordable(width: int, height: int, size: int) -> float:
    """Return a scale at which about `_MAX_TILES` tiles cover a picture."""
    step = size - OVERLAP
    area = sqrt(_MAX_TILES * step * step / (width * height))
    return min(area, _MAX_TILES * step / max(width, height))


def _parts(length: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield start and length of equal parts of at most `size` that cover `length` and overlap by `OVERLAP`."""
    number = 1 if length <= size else ceil((length - OVERLAP) / (size - OVERLAP))
    part = ceil((length + (number - 1) * OVERLAP) / number)
    for index in range(number):
        start = min(index * (part - OVERLAP), length - part)
        yield start, part
