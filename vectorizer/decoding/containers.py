"""How long a file should be by its own account: WebP (RIFF), AVIF and HEIF (ISO/IEC 14496-12)."""

from collections.abc import Iterator

_BOX_HEADER = 8
"""Bytes before the content of a box, and of a chunk of RIFF."""

_RIFF_HEADER = 12

_LOSSLESS = b"VP8L"

_IMAGES = (b"VP8 ", _LOSSLESS)
"""Chunks of a WebP with pixels; after those of a still image follows metadata only."""

_MANY_ZEROS = 16
"""Zeros at the end of an incomplete file that are not content."""

_MANY_ZEROS_OF_ALL = 4096
"""Zeros at the end of a file of the right length that are not content, but the rest of what was not transferred.

Coded pixels of the same colour can end with some zeros, lossless ones with any number.
"""

_ROOM = 4096
"""Bytes by which the pixels of an incomplete WebP are lengthened: its decoders fail at the end of other contents."""


def transferred_part(data: bytes) -> tuple[bytes, int]:
    """Return what was transferred of a file, and how many bytes it lacks; 0 if it is complete or another format."""
    data = _up_to_image(data)
    end = _end(data)
    if end is None:
        return data, 0
    if len(data) < end and (frames := _whole_frames(data)):
        return frames, 0
    content = data[:end]
    transferred = content.rstrip(b"\0")
    if len(content) - len(transferred) < _many_zeros(content, end):
        transferred = content
    missing = end - len(transferred)
    return (transferred, missing) if missing else (data, 0)


def _up_to_image(data: bytes) -> bytes:
    """Return a WebP that lacks its end without what follows the image, such as EXIF: half of it would be refused."""
    position = _RIFF_HEADER
    while data[8:12] == b"WEBP" and position + _BOX_HEADER <= len(data) < _riff_end(data):
        kind, size = data[position : position + 4], int.from_bytes(data[position + 4 : position + 8], "little")
        position += _BOX_HEADER + size + size % 2
        if kind in _IMAGES:
            return b"RIFF" + (position - _BOX_HEADER).to_bytes(4, "little") + data[8:position]
    return data


def _riff_end(data: bytes) -> int:
    return _BOX_HEADER + int.from_bytes(data[4:8], "little")


def with_room(data: bytes, missing: int) -> tuple[bytes, int]:
    """Lengthen the pixels of an incomplete WebP, so that contents that take more bytes than the right ones fit in.

    Returns the file and how many bytes it lacks; other formats as they are.
    """
    room = 2 * missing + _ROOM
    for kind, start, size in _chunks(data):
        if kind in _IMAGES and start + size > len(data):
            sizes = _lengthened(data[4:8], room), _lengthened(data[start - 4 : start], room)
            return b"".join((data[:4], sizes[0], data[8 : start - 4], sizes[1], data[start:])), missing + room
    return data, missing


def _lengthened(size: bytes, room: int) -> bytes:
    return (int.from_bytes(size, "little") + room).to_bytes(4, "little")


def _many_zeros(content: bytes, end: int) -> int:
    if len(content) < end:
        return _MANY_ZEROS
    return end if _LOSSLESS in content else _MANY_ZEROS_OF_ALL


def _whole_frames(data: bytes) -> bytes:
    """Return an animated WebP up to its last whole frame; nothing if none is whole, or in other formats."""
    ends = [start + size + size % 2 for kind, start, size in _chunks(data) if kind == b"ANMF"]
    end = max((end for end in ends if end <= len(data)), default=0)
    return b"RIFF" + (end - 8).to_bytes(4, "little") + data[8:end] if end else b""


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, start and size of the content of the chunks of a WebP; nothing in other formats."""
    position = _RIFF_HEADER
    while data[:4] == b"RIFF" and position + _BOX_HEADER <= len(data):
        kind, size = data[position : position + 4], int.from_bytes(data[position + 4 : position + 8], "little")
        position += _BOX_HEADER
        yield kind, position, size
        position += size + size % 2


def _end(data: bytes) -> int | None:
    """Where the last part of a file ends; None in other formats."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _riff_end(data)
    return _end_of_boxes(data) if data[4:8] == b"ftyp" else None


def _end_of_boxes(data: bytes) -> int:
    position = 0
    while position + _BOX_HEADER <= len(data):
        size = int.from_bytes(data[position : position + 4])
        if size == 1:
            size = int.from_bytes(data[position + 8 : position + 16])
        if size < _BOX_HEADER:  # 0: up to the end of the file
            return len(data)
        position += size
    return position
