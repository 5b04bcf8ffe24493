"""AVIF of encoders that left out what the standard requires, which only OpenCV decodes."""

import numpy as np
from numpy.typing import NDArray

from vectorizer.decoding import opencv
from vectorizer.decoding.pixels import rgb_of_samples

_TURNS = (b"irot", b"imir")


def decode_leniently(data: bytes) -> NDArray[np.uint8] | None:
    """Decode, for instance, an alpha without its own size, as stored, to RGB; None if OpenCV cannot."""
    samples = opencv.decode_samples(data)
    # OpenCV neither turns images by their properties nor says how many of 16 bits are used.
    if samples is None or samples.dtype != np.uint8 or any(turn in data for turn in _TURNS):
        return None
    return rgb_of_samples(samples)
