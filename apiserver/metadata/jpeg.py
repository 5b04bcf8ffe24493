"""JPEG: the segments that make the picture, its colours and its density (ITU-T T.81, JFIF 1.02)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from apiserver.metadata.orientation import UnclearError, minimal_exif, orientation_of
from apiserver.metadata.profiles import profile_in

_START, _END = b"\xff\xd8", b"\xff\xd9"
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
_JFIF_SEGMENT, _EXIF_SEGMENT, _ICC_SEGMENT, _ADOBE_SEGMENT = 0xE0, 0xE1, 0xE2, 0xEE
_JFIF, _EXIF, _XMP, _ICC, _ADOBE = (
    b"JFIF\0", b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0", b"Adobe",
)  # fmt: skip
_JFIF_BYTES, _ADOBE_BYTES = 12, 12
"""Bytes of the content that matter; in a JFIF the size of a thumbnail follows."""

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_TABLES = frozenset({0xC4, 0xCC, 0xDB, 0xDD})
"""Huffman and arithmetic tables, quantization, restart interval."""

_LEFT_OUT = frozenset({*range(0xE0, 0xF0), 0xFE})
"""Segments of applications, and comments."""

_FILL = re.compile(rb"\xff+")
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""Within scan data 0xFF is followed only by 0, by a restart's number, or by a further 0xFF that fills."""

_MAX_SEGMENTS = 8192
"""A profile has 255 at most, an extended XMP some hundreds, and a progressive JPEG about 20."""

_MAX_PART = 65_519
"""Bytes of a profile in one segment."""


@dataclass(slots=True)
class _Found:
    """What the segments before the first scan say: of each kind, the contents."""

    exif: list[bytes] = field(default_factory=list)
    xmp: bytes = b""
    profile: list[bytes] = field(default_factory=list)
    jfif: bytes = b""
    adobe: bytes = b""


def stripped(data: bytes) -> bytes:
    """Return the first image of a file without what is not needed to show it. Raises UnclearError, IndexError."""
    found, kept, frames, scans = _Found(), [], 0, 0
    for kind, start, end in _segments(data):
        if kind in _LEFT_OUT:
            if not scans:
                _note(found, kind, data[start + 4 : end])
            continue
        frames += kind in _FRAMES
        scans += kind == _START_OF_SCAN
        if kind not in _TABLES and kind not in _FRAMES and kind != _START_OF_SCAN:
            raise UnclearError
        kept.append((start, end))
    if frames != 1 or not scans:
        raise UnclearError
    view = memoryview(data)
    return b"".join([_START, *_head(found), *(view[start:end] for start, end in _joined(kept)), _END])


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield kind, start and end of each segment up to the image's end; scans with their data."""
    position = len(_START)
    for _ in range(_MAX_SEGMENTS):
        filled = _FILL.match(data, position)
        if not filled:
            raise UnclearError
        start, kind = filled.end() - 1, data[filled.end()]
        if kind == _END_OF_IMAGE:
            return
        length = int.from_bytes(data[start + 2 : start + 4])
        position = start + 2 + length
        if length < 2 or position > len(data):
            raise UnclearError
        if kind == _START_OF_SCAN:
            following = _AFTER_SCAN.search(data, position)
            if not following:
                raise UnclearError
            position = following.start()
        yield kind, start, position
    raise UnclearError


def _note(found: _Found, kind: int, content: bytes) -> None:
    if kind == _EXIF_SEGMENT and content.startswith(_EXIF):
        found.exif.append(content if not found.exif else content[len(_EXIF) :])
    elif kind == _EXIF_SEGMENT and content.startswith(_XMP):
        found.xmp = content[len(_XMP) :]
    elif kind == _ICC_SEGMENT and content.startswith(_ICC):
        found.profile.append(content[len(_ICC) :])
    elif kind == _JFIF_SEGMENT and content.startswith(_JFIF) and len(content) >= _JFIF_BYTES + 2:
        found.jfif = found.jfif or content[:_JFIF_BYTES] + bytes(2)
    elif kind == _ADOBE_SEGMENT and content.startswith(_ADOBE) and len(content) >= _ADOBE_BYTES:
        if found.adobe and found.adobe != content[:_ADOBE_BYTES]:
            raise UnclearError
        found.adobe = content[:_ADOBE_BYTES]


def _head(found: _Found) -> Iterator[bytes]:
    if found.jfif:
        yield _segment(_JFIF_SEGMENT, found.jfif)
    if exif := minimal_exif(orientation_of(b"".join(found.exif), found.xmp)):
        yield _segment(_EXIF_SEGMENT, _EXIF + exif)
    if found.adobe:
        yield _segment(_ADOBE_SEGMENT, found.adobe)
    profile = _profile(found.profile)
    parts = [profile[start : start + _MAX_PART] for start in range(0, len(profile), _MAX_PART)]
    for number, part in enumerate(parts, 1):
        yield _segment(_ICC_SEGMENT, _ICC + bytes([number, len(parts)]) + part)


def _profile(parts: Sequence[bytes]) -> bytes:
    """Return the profile that is sent in parts; nothing unless all are there."""
    in_order = sorted(parts, key=lambda part: part[:1])
    if [part[:2] for part in in_order] != [bytes([n, len(parts) & 0xFF]) for n in range(1, min(len(parts), 255) + 1)]:
        return b""
    return profile_in(b"".join(part[2:] for part in in_order))


def _segment(kind: int, content: bytes) -> bytes:
    return bytes([0xFF, kind]) + (len(content) + 2).to_bytes(2) + content


def _joined(ranges: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield ranges, those that follow each other as one."""
    begin, last = ranges[0]
    for start, end in ranges[1:]:
        if start != last:
            yield begin, last
            begin = start
        last = end
    yield begin, last
