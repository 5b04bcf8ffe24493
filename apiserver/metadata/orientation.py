"""How a photograph is turned, by its Exif or XMP, and an Exif that says nothing else (CIPA DC-008, 4.6.5.1)."""

import re
import struct

_PREFIX = re.compile(rb"(?:Exif\0\0){1,2}")
_IN_XMP = re.compile(rb'tiff:Orientation(?:="|>)([0-9])')
_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_TAG, _SHORT = 274, 3
_AS_STORED = 1
_ORIENTATIONS = range(1, 9)

_MAX_FIELDS = 1024
"""Fields of a directory that are looked at; the standard has about 150."""

_MINIMAL = b"II*\0\x08\0\0\0\x01\0" + struct.pack("<HHI", _TAG, _SHORT, 1) + b"%c\0\0\0" + bytes(4)


class UnclearError(ValueError):
    """The structure of a file is odd, so that another reader might see another picture."""


def minimal_exif(orientation: int) -> bytes:
    """Return an Exif, without the prefix of a JPEG, that says only the orientation; nothing for the usual one."""
    return b"" if orientation == _AS_STORED else _MINIMAL % orientation


def orientation_of(exif: bytes, xmp: bytes = b"") -> int:
    """Return the orientation, 1 to 8, that decoders see. Raises UnclearError.

    xmp: counts if the Exif does not say it.
    """
    stated = _in_exif(exif)
    if stated is None and (found := _IN_XMP.search(xmp)):
        stated = int(found[1])
    return stated if stated is not None and stated in _ORIENTATIONS else _AS_STORED


def _in_exif(exif: bytes) -> int | None:
    prefix = _PREFIX.match(exif)
    start = prefix.end() if prefix else 0
    if start == len(exif):
        return None
    order = _ORDERS.get(exif[start : start + 4])
    if order is None:
        raise UnclearError
    try:
        (offset,) = struct.unpack_from(order + "I", exif, start + 4)
        (count,) = struct.unpack_from(order + "H", exif, start + offset)
    except struct.error as error:
        raise UnclearError from error
    fields = exif[start + offset + 2 : start + offset + 2 + 12 * count]
    if count > _MAX_FIELDS or len(fields) < 12 * count:
        raise UnclearError
    found = [field[1:] for field in struct.iter_unpack(order + "HHIH2x", fields) if field[0] == _TAG]
    if not found:
        return None
    if len(found) > 1 or found[0][:2] != (_SHORT, 1):
        raise UnclearError
    return int(found[0][2])
