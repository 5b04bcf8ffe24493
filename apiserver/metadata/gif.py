"""GIF: the first image with its palette and transparency (GIF89a)."""

from apiserver.metadata.boxes import Room
from apiserver.metadata.orientation import UnclearError

_HEADER = 13
_IMAGE, _EXTENSION, _CONTROL = 0x2C, 0x21, 0xF9
_CONTROL_BYTES = 8
_IMAGE_BYTES = 10
_HAS_PALETTE = 0x80
_END = b";"

_MAX_BLOCKS = 1 << 18
"""Of 255 bytes at most: an image of 60 MB."""


def stripped(data: bytes) -> bytes:
    """Return a file with the first image, and without comments. Raises UnclearError, IndexError."""
    position = _HEADER + _palette_bytes(data[10])
    parts = [data[:position]]
    room = Room(_MAX_BLOCKS)
    while True:
        start = position
        if data[start] == _IMAGE:
            pixels = start + _IMAGE_BYTES + _palette_bytes(data[start + 9]) + 1
            return b"".join([*parts, data[start : _end_of_blocks(data, pixels, room)], _END])
        if data[start] != _EXTENSION:
            raise UnclearError
        position = _end_of_blocks(data, start + 2, room)
        if data[start + 1] == _CONTROL:
            if position != start + _CONTROL_BYTES:
                raise UnclearError
            parts = [parts[0], data[start:position]]  # the last one before an image counts


def _palette_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & _HAS_PALETTE else 0


def _end_of_blocks(data: bytes, position: int, room: Room) -> int:
    """Return where the blocks end that begin at `position`, each with its length in front."""
    while size := data[position]:
        position += room.take(1) + size
    return position + room.take(1)
