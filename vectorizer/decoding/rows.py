"""How much of an incomplete image was decoded: at least 95 % of its rows are enough.

Decoders do not say how far they came: some fill the rest with grey, others leave it as it was. So an image is decoded
twice with different contents for what is missing. Rows that are equal in both come from the file.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import shake_128
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from vectorizer.decoding.pixels import bands

MIN_SHARE = 0.95
"""Share of an image's rows that must be decoded."""

_FILLINGS = 4
"""Contents that are tried; some decoders stop at contents that mean nothing to them."""


Decoded = TypeVar("Decoded")


class NotEnoughRowsError(ValueError):
    """Fewer than 95 % of the rows could be decoded."""


def equal_rows(one: NDArray[np.generic], other: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Return (rows,) whether all pixels of a row are equal."""
    height, width = one.shape[:2]
    parts = [(one[band] == other[band]).reshape(band.stop - band.start, -1).all(1) for band in bands(height, width)]
    return np.concatenate(parts)


def noise(length: int, seed: int = 0) -> bytes:
    """Return bytes without order, always the same for one seed."""
    return shake_128(bytes([seed])).digest(length)


def decode_padded(data: bytes, missing: int, decode: Callable[[bytes], tuple[Decoded, NDArray[np.uint8]]]) -> Decoded:
    """Decode a file that lacks `missing` bytes at its end.

    decode: returns an image and its pixels, upright or not. Raises NotEnoughRowsError.
    """
    found: list[tuple[Decoded, NDArray[np.uint8]]] = []
    for filling in _fillings(missing):
        with suppress(Exception):  # what a decoder raises for noise says nothing about the file
            found.append(decode(data + filling))
        if len(found) == 2:
            break
    else:
        raise NotEnoughRowsError
    (image, one), (_, other) = found
    if one.shape != other.shape or max(_equal_share(one, other), _equal_share(_lying(one), _lying(other))) < MIN_SHARE:
        raise NotEnoughRowsError
    return image


def _equal_share(one: NDArray[np.generic], other: NDArray[np.generic]) -> float:
    return float(equal_rows(one, other).mean())


def _lying(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return pixels with columns as rows: what was stored as rows, if the image was turned by a quarter."""
    return pixels.swapaxes(0, 1)


def _fillings(length: int) -> Iterator[bytes]:
    yield bytes(length)
    for seed in range(_FILLINGS):
        yield noise(length, seed)


def load_incomplete(open_: Callable[[], ImageFile.ImageFile]) -> Image.Image:
    """Return an image of which Pillow cannot decode everything; what is missing is black. Raises NotEnoughRowsError.

    open_: opens the image, whose decoder must write rows as it comes to them.
    """
    one, other = (_load_onto(open_(), value) for value in (0, 255))
    equal = [equal_rows(_band(one, band), _band(other, band)) for band in bands(one.height, one.width)]
    if np.concatenate(equal).mean() < MIN_SHARE:
        raise NotEnoughRowsError
    return one


def _load_onto(image: ImageFile.ImageFile, value: int) -> Image.Image:
    """Decode onto a canvas of one value for all samples."""
    image.load_prepare()
    canvas = Image.new(image.im.mode, image.size, (value,) * image.im.bands if image.im.bands > 1 else value)
    image.im.paste(canvas.im, (0, 0, *image.size))
    # Otherwise a GIF would prepare a second canvas.
    vars(image)["load_prepare"] = lambda: None
    with suppress(Exception):  # what was decoded until then is on the canvas
        image.load()
    vars(image)["tile"] = []
    image.load()
    return image


def _band(image: Image.Image, band: slice) -> NDArray[np.generic]:
    return np.asarray(image.crop((0, band.start, image.width, band.stop)))
