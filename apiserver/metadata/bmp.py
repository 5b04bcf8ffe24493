"""BMP: header, palette and pixels without compression."""

import struct

from apiserver.metadata.orientation import UnclearError
from apiserver.metadata.profiles import profile_in

_FILE_HEADER = 14
_CORE, _INFO, _MASKED, _ALPHA, _V4, _V5 = 12, 40, 52, 56, 108, 124
_RGB, _BITFIELDS = 0, 3
_MASKS_BYTES = 12
_MAX_PALETTE_BITS = 8
_PLAIN_BITS = frozenset({1, 4, 8, 16, 24, 32})
_EMBEDDED, _SRGB, _CALIBRATED = b"DEBM", b"BGRs", bytes(4)
"""Kinds of colours: a profile in the file; the usual ones; end points and gammas in the header."""

_MAX_SIDE = 1 << 24


def stripped(data: bytes) -> bytes:
    """Return a file of its headers, its palette and its pixels. Raises UnclearError, struct.error."""
    offset, size = struct.unpack_from("<II", data, 10)
    header, tables, length = _described(data, size)
    head = _FILE_HEADER + size + tables
    if offset < head or offset + length > len(data):
        raise UnclearError
    profile = _profile(data, header)
    file_header = b"BM" + struct.pack("<IHHI", head + length + len(profile), 0, 0, head)
    if profile:
        struct.pack_into("<II", header, 112, size + tables + length, len(profile))
    pixels = memoryview(data)[offset : offset + length]
    return b"".join((file_header, header, data[_FILE_HEADER + size : head], pixels, profile))


def _described(data: bytes, size: int) -> tuple[bytearray, int, int]:
    """Return the header of `size` bytes, the bytes of masks and palette behind it, and those of the pixels."""
    if size not in {_CORE, _INFO, _MASKED, _ALPHA, _V4, _V5}:
        raise UnclearError
    header = bytearray(data[_FILE_HEADER : _FILE_HEADER + size])
    width, height, planes, bits = struct.unpack_from("<HHHH" if size == _CORE else "<iiHH", header, 4)
    compression, colours = (_RGB, 0) if size == _CORE else struct.unpack_from("<I12xI", header, 16)
    if compression not in {_RGB, _BITFIELDS} or bits not in _PLAIN_BITS or planes != 1:
        raise UnclearError
    if not 0 < width < _MAX_SIDE or not 0 < abs(height) < _MAX_SIDE:
        raise UnclearError
    tables = _MASKS_BYTES if size == _INFO and compression == _BITFIELDS else 0
    if bits <= _MAX_PALETTE_BITS:
        tables += (3 if size == _CORE else 4) * (colours or 1 << bits)
    elif colours:
        raise UnclearError
    if colours > 1 << bits:
        raise UnclearError
    if compression == _RGB and size > _INFO:
        header[_INFO : _INFO + 16] = bytes(min(16, size - _INFO))
    return header, tables, (width * bits + 31) // 32 * 4 * abs(height)


def _profile(data: bytes, header: bytearray) -> bytes:
    """Return the colour profile, and clear what the header says about it and about colours without meaning."""
    if len(header) < _V4:
        return b""
    kind, profile = bytes(header[56:60]), b""
    if len(header) == _V5:
        start, length = struct.unpack_from("<II", header, 112)
        if kind == _EMBEDDED:
            profile = profile_in(data[_FILE_HEADER + start : _FILE_HEADER + start + length])
        header[112:124] = bytes(12)
    if kind != _CALIBRATED:
        header[60:108] = bytes(48)
        header[56:60] = _EMBEDDED if profile else _SRGB
    return profile
