"""Colour profiles: kept, since they change how a picture looks (ICC.1:2022, 7.2)."""

import zlib

_HEADER_BYTES = 128
_SIGNATURE = b"acsp"

_MAX_BYTES = 4 << 20
"""Of a profile, unpacked. The largest in use, of printers, have two million."""


def profile_in(content: bytes) -> bytes:
    """Return the profile that `content` begins with, without what follows; nothing if there is none."""
    size = int.from_bytes(content[:4])
    is_profile = _HEADER_BYTES <= size <= min(len(content), _MAX_BYTES) and content[36:40] == _SIGNATURE
    return content[:size] if is_profile else b""


def packed_profile_in(packed: bytes) -> bytes:
    """Return a compressed profile without what follows; nothing if there is none, or something is behind it."""
    unpacking = zlib.decompressobj()
    try:
        content = unpacking.decompress(packed, _MAX_BYTES)
    except zlib.error:
        return b""
    if not unpacking.eof or len(profile_in(content)) != len(content):
        return b""
    return packed[: len(packed) - len(unpacking.unused_data)]
