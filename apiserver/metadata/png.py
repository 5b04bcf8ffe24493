"""PNG: the chunks that make the picture, its colours and its density (PNG specification, third edition)."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from struct import pack

from apiserver.metadata.orientation import UnclearError, minimal_exif, orientation_of
from apiserver.metadata.profiles import packed_profile_in

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_MAX_BYTES = {
    b"IHDR": 13, b"PLTE": 768, b"IDAT": 1 << 31, b"tRNS": 256, b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"cICP": 4,
    b"mDCV": 24, b"cLLI": 8, b"sBIT": 4, b"bKGD": 6, b"pHYs": 9,
}  # fmt: skip
"""Chunks that are copied, unless their contents are longer."""

_NEEDED = frozenset({b"IHDR", b"PLTE", b"IDAT", b"tRNS"})
"""Chunks without which the pixels are others."""

_TEXTS = frozenset({b"iTXt", b"tEXt", b"zTXt"})
_FRAME = 12
"""Bytes of a chunk around its content."""

_ANCILLARY = 0x20
"""Set in the first letter of chunks without which a picture can be decoded."""

_XMP, _RAW_EXIF = b"XML:com.adobe.xmp\0", b"Raw profile type exif\0"
_UNPACKED = b"\0\0"
_PROFILE_NAME = b"icc\0\0"

_MAX_CHUNKS = 32_768
"""A picture of 200 MB in chunks of 8 kB has 25,000."""


@dataclass(slots=True)
class _Found:
    """What a file says: the chunks to copy, the chunk of its profile, and where to find the orientation."""

    copied: list[memoryview] = field(default_factory=list)
    profiles: int = 0
    profile: list[bytes] = field(default_factory=list)
    exif: bytes = b""
    xmp: bytes = b""


def stripped(data: bytes) -> bytes:
    """Return a file without what is not needed to show its default image. Raises UnclearError."""
    found = _Found()
    for kind, chunk in _chunks(data):
        if kind in _MAX_BYTES:
            _copy(found, kind, chunk)
        elif kind[0] & _ANCILLARY:
            _note(found, kind, chunk)
        else:
            raise UnclearError
    if not found.copied or bytes(found.copied[0][4:8]) != b"IHDR":
        raise UnclearError
    exif = minimal_exif(orientation_of(found.exif, found.xmp))
    head = [*found.profile, *([_written(b"eXIf", exif)] if exif else [])]
    return b"".join([SIGNATURE, found.copied[0], *head, *found.copied[1:], _written(b"IEND")])


def _copy(found: _Found, kind: bytes, chunk: memoryview) -> None:
    if len(chunk) - _FRAME <= _MAX_BYTES[kind]:
        found.copied.append(chunk)
    elif kind in _NEEDED:
        raise UnclearError


def _note(found: _Found, kind: bytes, chunk: memoryview) -> None:
    if kind == b"iCCP":
        if found.profiles:  # readers differ in which of several counts
            raise UnclearError
        found.profiles += 1
        found.profile = _profile(bytes(chunk[8:-4]))
    elif kind == b"eXIf":
        found.exif = _valid(kind, chunk)
    elif kind in _TEXTS:
        found.xmp = _xmp(kind, chunk) or found.xmp


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Yield kind and bytes of each chunk up to the end of the image."""
    view, position = memoryview(data), len(SIGNATURE)
    for _ in range(_MAX_CHUNKS):
        end = position + _FRAME + int.from_bytes(view[position : position + 4])
        kind = data[position + 4 : position + 8]
        if end > len(data) or not kind.isalpha():
            raise UnclearError
        if kind == b"IEND":
            return
        yield kind, view[position:end]
        position = end
    raise UnclearError


def _valid(kind: bytes, chunk: memoryview) -> bytes:
    """Return a chunk's content. Raises UnclearError for a wrong checksum: some readers ignore it, others do not."""
    content = bytes(chunk[8:-4])
    if zlib.crc32(content, zlib.crc32(kind)) != int.from_bytes(chunk[-4:]):
        raise UnclearError
    return content


def _xmp(kind: bytes, chunk: memoryview) -> bytes:
    """Return the XMP of a text; nothing if it is another one. Raises UnclearError if it may have an orientation."""
    if bytes(chunk[8 : 8 + len(_RAW_EXIF)]) == _RAW_EXIF:
        raise UnclearError
    if bytes(chunk[8 : 8 + len(_XMP)]) != _XMP:
        return b""
    content = _valid(kind, chunk)
    if kind != b"iTXt" or content[len(_XMP) : len(_XMP) + 2] != _UNPACKED:
        raise UnclearError
    return content


def _profile(content: bytes) -> list[bytes]:
    """Return the chunk of a colour profile, under a name that says nothing; none if it has no valid profile."""
    packed = packed_profile_in(content.partition(b"\0")[2][1:])
    return [_written(b"iCCP", _PROFILE_NAME + packed)] if packed else []


def _written(kind: bytes, content: bytes = b"") -> bytes:
    return b"".join((pack(">I", len(content)), kind, content, pack(">I", zlib.crc32(content, zlib.crc32(kind)))))
