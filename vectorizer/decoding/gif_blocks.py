"""How many blocks a GIF has before its first frame (GIF89a specification, sections 15 to 26)."""

from vectorizer.decoding.budget import too_many

_MAX_BLOCKS = 50_000
"""Blocks, and sub-blocks of at most 255 bytes, before the first frame; 1 MB of metadata has some thousands."""

_HEADER_BYTES = 13
_HAS_PALETTE = 0x80
_EXTENSION, _COMMENT, _APPLICATION = b"!", 0xFE, 0xFF
_ENDS = frozenset({b",", b";", b""})
"""What begins a frame, and ends the file."""


def check_blocks(data: bytes) -> None:
    """Raise ImageTooCostly for a GIF with too many blocks before its first frame, which Pillow reads in Python."""
    position = _HEADER_BYTES
    if len(data) >= position and data[10] & _HAS_PALETTE:
        position += 3 << (data[10] & 7) + 1
    blocks = _MAX_BLOCKS
    while (kind := data[position : position + 1]) not in _ENDS:
        position, blocks = _after_extension(data, position, blocks) if kind == _EXTENSION else (position + 1, blocks)
        blocks -= 1
        if blocks < 0:
            raise too_many(_MAX_BLOCKS, "blocks before its first frame")


def _after_extension(data: bytes, position: int, blocks: int) -> tuple[int, int]:
    """Return where an extension ends as Pillow reads it, and how many further blocks may come."""
    label = data[position + 1] if position + 1 < len(data) else _COMMENT
    position += 2
    # Pillow takes the first sub-block, and that of a loop, for granted: an empty one does not end the extension.
    granted = (
        0 if label == _COMMENT else 1 + (label == _APPLICATION and data[position + 1 :].startswith(b"NETSCAPE2.0"))
    )
    while blocks >= 0 and position < len(data):
        size = data[position]
        position += 1 + size
        blocks -= 1
        if not size and granted <= 0:
            break
        granted -= 1
    return position, blocks
