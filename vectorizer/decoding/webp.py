"""WebP: its first picture as a separate file, which OpenCV decodes in a third of Pillow's memory (RFC 9649).

Pillow decodes every WebP as an animation, with three canvases of four bytes a pixel.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import pack

import numpy as np
from numpy.typing import NDArray

from vectorizer.decoding import opencv
from vectorizer.decoding.budget import Limits, too_many
from vectorizer.decoding.picture import Place
from vectorizer.decoding.pixels import rgb_of_samples

_MAX_CHUNKS = 20_000
"""Chunks of a file, of which an animation has one for each frame."""

_HEADER = 8
_RIFF_HEADER = 12
_FRAME_HEADER = 16
_CANVAS_FLAGS = 10
_ALPHA = 0x10
_LOSSLESS, _LOSSY, _EXTENDED, _FRAME, _ALPHA_PLANE = b"VP8L", b"VP8 ", b"VP8X", b"ANMF", b"ALPH"


@dataclass(slots=True)
class Still:
    """The first picture of a file: the canvas, its size and place on it, its chunks, and metadata.

    size: (0, 0) if there is no picture.
    """

    canvas: tuple[int, int] = (0, 0)
    place: tuple[int, int] = (0, 0)
    size: tuple[int, int] = (0, 0)
    alpha: bytes = b""
    kind: bytes = b""
    picture: bytes = b""
    exif: bytes = b""
    xmp: bytes = b""
    animated: bool = False

    def file(self) -> bytes:
        """Return the picture alone as a file."""
        chunks = [_chunk(self.kind, self.picture)]
        if self.alpha:
            header = bytes([_ALPHA, 0, 0, 0]) + _three_bytes(self.size[0] - 1) + _three_bytes(self.size[1] - 1)
            chunks = [_chunk(_EXTENDED, header), _chunk(_ALPHA_PLANE, self.alpha), *chunks]
        content = b"WEBP" + b"".join(chunks)
        return b"RIFF" + pack("<I", len(content)) + content


def still_of(data: bytes, limits: Limits) -> Still:
    """Return the first picture of a file. Raises ImageTooCostly, or ImageTooManyPixels for canvas or picture."""
    still = Still()
    view = memoryview(data)
    for kind, content in _chunks(view, _RIFF_HEADER):
        if kind == _EXTENDED and len(content) >= _CANVAS_FLAGS:
            still.canvas = _number(content[4:7]) + 1, _number(content[7:10]) + 1
        elif kind == _FRAME:
            if still.animated:
                continue
            still.animated = True
            still.place = 2 * _number(content[:3]), 2 * _number(content[3:6])
            for part, inner in _chunks(content, _FRAME_HEADER):
                _take(still, part, inner)
        else:
            _take(still, kind, content)
    if still.canvas == (0, 0):
        still.canvas = still.size
    limits.check_pixels(*still.canvas)
    limits.check_pixels(*still.size)
    return still


def decode(still: Still, place: Place) -> NDArray[np.uint8] | None:
    """Return (rows, columns, 3) of the canvas, white where nothing is; None if OpenCV cannot decode the picture.

    place: where to write the pixels if the picture fills the canvas.
    """
    samples = opencv.decode_samples(still.file()) if still.picture else None
    if samples is None or samples.shape[1::-1] != still.size:
        return None
    if still.size == still.canvas:
        return rgb_of_samples(samples, place)
    canvas = np.full((still.canvas[1], still.canvas[0], 3), 255, np.uint8)
    left, top = still.place
    if left + still.size[0] > still.canvas[0] or top + still.size[1] > still.canvas[1]:
        return None
    canvas[top : top + still.size[1], left : left + still.size[0]] = rgb_of_samples(samples)
    return canvas


def _take(still: Still, kind: bytes, content: memoryview) -> None:
    if kind == b"EXIF":
        still.exif = bytes(content)
    elif kind == b"XMP ":
        still.xmp = bytes(content)
    elif still.picture:
        return
    elif kind == _ALPHA_PLANE:
        still.alpha = bytes(content)
    elif kind in {_LOSSY, _LOSSLESS}:
        still.kind, still.picture, still.size = kind, bytes(content), _size(kind, content)


def _size(kind: bytes, content: memoryview) -> tuple[int, int]:
    """Return width and height by the header of a frame."""
    if kind == _LOSSLESS:
        bits = _number(content[1:5])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return _number(content[6:8]) & 0x3FFF, _number(content[8:10]) & 0x3FFF


def _chunks(view: memoryview, position: int) -> Iterator[tuple[bytes, memoryview]]:
    """Yield kind and content of chunks. Raises ImageTooCostly."""
    for _ in range(_MAX_CHUNKS):
        if position + _HEADER > len(view):
            return
        size = _number(view[position + 4 : position + _HEADER])
        start = position + _HEADER
        yield bytes(view[position : position + 4]), view[start : start + size]
        position = start + size + size % 2
    raise too_many(_MAX_CHUNKS, "chunks")


def _number(content: memoryview) -> int:
    return int.from_bytes(content, "little")


def _three_bytes(number: int) -> bytes:
    return number.to_bytes(3, "little")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return kind + pack("<I", len(content)) + content + bytes(len(content) % 2)
