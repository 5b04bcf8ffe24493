"""How long a file should be by its own account: WebP (RIFF), AVIF and HEIF (ISO/IEC 14496-12)."""

_BOX_HEADER = 8

_MANY_ZEROS = 256
"""Zeros at the end of a file that are no content, but the rest of a file that was not transferred."""


def transferred_part(data: bytes) -> tuple[bytes, int]:
    """Return what was transferred of a file, and how many bytes it lacks; 0 if it is complete or another format."""
    end = _end(data)
    if end is None:
        return data, 0
    content = data[:end]
    transferred = content.rstrip(b"\0")
    if len(content) - len(transferred) < _MANY_ZEROS:
        transferred = content
    missing = end - len(transferred)
    return (transferred, missing) if missing else (data, 0)


def _end(data: bytes) -> int | None:
    """Where the last part of a file ends; None in other formats."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return 8 + int.from_bytes(data[4:8], "little")
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
