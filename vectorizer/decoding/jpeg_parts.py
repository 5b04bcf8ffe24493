"""How many parts a JPEG has: segments before its pixels, and scans (ITU-T T.81, annex B)."""

import re
from dataclasses import dataclass

from vectorizer.decoding.budget import check_count, too_many

_MAX_SEGMENTS = 2_000
"""Segments before the first scan, and between scans. A file of 32 MB in segments of full length has 490."""

_MAX_GAPS = 65_536
"""Bytes between segments; Pillow reads them one at a time."""

_MAX_EXIF = 1 << 20
"""Bytes of EXIF, which one segment of 64 KB holds in nearly all files. Pillow joins segments one by one."""

_MAX_RESOURCES = 4_096
"""Resources of Photoshop, of which files have about thirty."""

_MAX_TABLES = 65_536
"""Bytes of quantization tables, of which four of 130 bytes are in use at once. Pillow reads them in quadratic time."""

_MAX_FRAMES = 4
"""Frame headers before the first scan; at each, Pillow joins all of the colour profile."""

_MAX_SCANS = 256
"""Scans of a small image."""

_MAX_SCANNED = 1_500_000_000
"""Pixels times scans: 22 scans of the largest image. Encoders make about ten, and at most about twenty."""

_MAX_COEFFICIENTS = 640_000_000
"""Bytes of the coefficients that a decoder of several scans keeps, and of four channels of pixels."""

_MARKER = re.compile(rb"\xff[^\x00\xff]")
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""A marker that ends a scan; restart markers, and the number 255, do not."""

_START_OF_SCAN, _END, _EXIF_SEGMENT, _PHOTOSHOP_SEGMENT, _TABLES = 0xDA, 0xD9, 0xE1, 0xED, 0xDB
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xDA)})
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ONE_PASS = frozenset({0xC0, 0xC1, 0xC9})
"""Frames of which a decoder keeps no coefficients if one scan has all components."""


@dataclass(slots=True)
class _Header:
    """What is counted before the first scan. frame: the header of the last frame."""

    frame: bytes = b""
    frames: int = 0
    exif: int = 0
    resources: int = 0
    tables: int = 0


def check_parts(data: bytes) -> None:
    """Raise ImageTooCostly for a file with more segments, tables or scans than any ordinary one."""
    header, position = _Header(), 2
    gaps = _MAX_GAPS
    for _ in range(_MAX_SEGMENTS):
        marker = _MARKER.search(data, position, position + gaps + 2)
        if not marker:
            check_count(len(data) - position, gaps + 2, "bytes between its segments")
            return
        gaps -= marker.start() - position
        kind, position = marker[0][1], marker.end()
        if kind in _WITHOUT_LENGTH:
            continue
        end = position + max(int.from_bytes(data[position : position + 2]), 2)
        if kind == _START_OF_SCAN:
            if header.frame:
                _check_scans(data, header.frame, position)
            return
        _count(header, kind, data, position + 2, end)
        position = end
    raise too_many(_MAX_SEGMENTS, "segments")


def _count(header: _Header, kind: int, data: bytes, start: int, end: int) -> None:
    if kind in _FRAMES:
        header.frame = bytes([kind]) + data[start:end]
        header.frames += 1
        check_count(header.frames, _MAX_FRAMES, "frame headers")
    elif kind == _TABLES:
        header.tables += end - start
        check_count(header.tables, _MAX_TABLES, "bytes of quantization tables")
    elif kind == _EXIF_SEGMENT and data.startswith(b"Exif\0\0", start):
        header.exif += end - start
        check_count(header.exif, _MAX_EXIF, "bytes of EXIF")
    elif kind == _PHOTOSHOP_SEGMENT:
        header.resources += data.count(b"8BIM", start, end)
        check_count(header.resources, _MAX_RESOURCES, "resources of Photoshop")


def _check_scans(data: bytes, frame: bytes, position: int) -> None:
    """Check the scans from the first one, whose header's length is at `position`."""
    components = frame[6] if len(frame) > 6 else 0
    if frame[0] in _ONE_PASS and data[position + 2 : position + 3] == bytes([components]):
        return
    pixels = int.from_bytes(frame[2:4]) * int.from_bytes(frame[4:6])
    check_count(_coefficient_bytes(frame, pixels), _MAX_COEFFICIENTS, "bytes of coefficients")
    limit = min(_MAX_SCANS, max(_MAX_SCANNED // max(pixels, 1), 1))
    scans = 1
    for _ in range(_MAX_SEGMENTS):
        position += max(int.from_bytes(data[position : position + 2]), 2)
        marker = _AFTER_SCAN.search(data, position)
        if not marker or marker[0][1] == _END:
            return
        position = marker.end()
        if marker[0][1] == _START_OF_SCAN:
            scans += 1
            check_count(scans, limit, "scans of this size")
    raise too_many(_MAX_SEGMENTS, "segments")


def _coefficient_bytes(frame: bytes, pixels: int) -> float:
    """Return the bytes of two a coefficient, and of Pillow's four a pixel if its colours are not RGB."""
    factors = [(byte >> 4) * (byte & 15) for byte in frame[8::3]]
    share = sum(factors) / max(*factors, 1) if factors else 0
    return pixels * (2 * share + (4 if len(factors) == 4 else 0))
