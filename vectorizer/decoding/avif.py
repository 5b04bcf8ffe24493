"""AVIF of encoders that left out what the standard requires, which only OpenCV decodes."""

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from vectorizer.decoding import opencv
from vectorizer.decoding.pixels import rgb_of_samples

_SIZE = re.compile(rb"ispe\0.{3}(.{4})(.{4})", re.DOTALL)
"""The property with an item's width and height, after any flags (ISO/IEC 23008-12, 6.5.3)."""

_TURNS = (b"irot", b"imir")


def is_avif(data: bytes) -> bool:
    """Whether a file's brands are those of AVIF."""
    return data[4:8] == b"ftyp" and (b"avif" in data[8:64] or b"avis" in data[8:64])


def sizes_of(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield width and height of all images that a file describes."""
    for width, height in _SIZE.findall(data):
        yield int.from_bytes(width), int.from_bytes(height)


def decode_leniently(data: bytes) -> NDArray[np.uint8] | None:
    """Decode, for instance, an alpha without a size of its own, as stored, to RGB; None if OpenCV cannot."""
    samples = opencv.decode_samples(data)
    # OpenCV neither turns images by their properties nor says how many of 16 bits are used.
    if samples is None or samples.dtype != np.uint8 or any(turn in data for turn in _TURNS):
        return None
    return rgb_of_samples(samples)
