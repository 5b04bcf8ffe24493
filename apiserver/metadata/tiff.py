"""TIFF: the first page, if it is the photograph, with the fields that say how it is coded (TIFF 6.0)."""

import struct
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from apiserver.metadata.orientation import UnclearError
from apiserver.metadata.profiles import profile_in

_HEADERS = {b"II*\0": "<", b"MM\0*": ">"}
_HEADER_BYTES = 8

_NEW_SUBFILE_TYPE, _SUBFILE_TYPE, _WIDTH, _HEIGHT, _COMPRESSION = 254, 255, 256, 257, 259
_STRIPS, _ORIENTATION, _ROWS, _STRIP_BYTES, _TILES, _TILE_BYTES = 273, 274, 278, 279, 324, 325
_SUB_IMAGES, _XMP, _PROFILE = 330, 700, 34675

_KEPT = {
    _WIDTH: 1, _HEIGHT: 1, 258: 8, _COMPRESSION: 1, 262: 1, 266: 1, _ORIENTATION: 1, 277: 1, _ROWS: 1, 280: 8, 281: 8,
    282: 1, 283: 1, 284: 1, 292: 1, 293: 1, 296: 1, 301: 3 << 16, 317: 1, 318: 2, 319: 6, 320: 3 << 16, 322: 1, 323: 1,
    332: 1, 334: 1, 336: 16, 338: 8, 339: 8, 340: 8, 341: 8, 529: 3, 530: 2, 531: 1, 532: 6,
}  # fmt: skip
"""Tags of fields that say how pixels are coded and shown, and the most values of each."""

_NUMBERS = {1: 1, 3: 2, 4: 4, 5: 8, 8: 2, 9: 4, 11: 4, 12: 8}
"""Sizes of the types of those fields."""

_SHORT, _LONG, _UNDEFINED = 3, 4, 7
_PLAIN, _WITHOUT_OWN_METADATA = 1, frozenset({1, 2, 3, 4, 5, 8, 32773, 32946, 34925, 50000})
"""Compressions; those of JPEG have separate segments."""

_REDUCED = 5
"""Bits of NewSubfileType: a preview, a mask."""

_READ = frozenset({_NEW_SUBFILE_TYPE, _SUBFILE_TYPE, _XMP, _PROFILE})
"""Tags of fields that are read but not kept as they are."""

_MAX_FIELDS = 512
_MAX_STRIPS = 1 << 16
"""Also the rows of a picture with one a strip."""


class _Field(NamedTuple):
    """A field of a directory. values: how many. content: they, as they are in the file."""

    kind: int
    values: int
    content: bytes


def is_tiff(data: bytes) -> bool:
    """Whether a file begins as a TIFF does. Those with offsets of eight bytes are not rewritten."""
    return data[:4] in _HEADERS


def stripped(data: bytes) -> bytes:
    """Return a file with the first page only. Raises UnclearError, struct.error."""
    order = _HEADERS[data[:4]]
    fields = _fields(data, order, struct.unpack_from(order + "I", data, 4)[0])
    _check_is_photograph(fields, order)
    offsets_tag, bytes_tag = (_TILES, _TILE_BYTES) if _TILES in fields else (_STRIPS, _STRIP_BYTES)
    starts, sizes = (_numbers(fields, tag, order) for tag in (offsets_tag, bytes_tag))
    ends = [start + size for start, size in zip(starts, sizes, strict=True)]
    if sum(sizes) > len(data) or max(ends) > len(data):
        raise UnclearError
    if _number(fields, _COMPRESSION, order) == _PLAIN:
        _check_plain(fields, order, sizes)
    view = memoryview(data)
    pixels = [view[start:end] for start, end in zip(starts, ends, strict=True)]
    places = list(accumulate(sizes[:-1], initial=_HEADER_BYTES))
    kept = {tag: field for tag, field in fields.items() if tag in _KEPT}
    kept[offsets_tag] = _Field(_LONG, len(places), struct.pack(f"{order}{len(places)}I", *places))
    kept[bytes_tag] = _Field(_LONG, len(sizes), struct.pack(f"{order}{len(sizes)}I", *sizes))
    if profile := profile_in(fields[_PROFILE].content if _PROFILE in fields else b""):
        kept[_PROFILE] = _Field(_UNDEFINED, len(profile), profile)
    end = _HEADER_BYTES + sum(sizes)
    padding = bytes(end % 2)
    head = data[:4] + struct.pack(order + "I", end + len(padding))
    return b"".join([head, *pixels, padding, _directory(kept, order, end + len(padding))])


def _check_is_photograph(fields: dict[int, _Field], order: str) -> None:
    """Raise UnclearError if another image of the file may be the photograph, or something else says how it is shown."""
    if _SUB_IMAGES in fields or _number(fields, _COMPRESSION, order, 1) not in _WITHOUT_OWN_METADATA:
        raise UnclearError
    if _number(fields, _NEW_SUBFILE_TYPE, order) & _REDUCED or _number(fields, _SUBFILE_TYPE, order) == 2:
        raise UnclearError
    if _ORIENTATION not in fields and _XMP in fields and b"Orientation" in fields[_XMP].content:
        raise UnclearError
    if not {_WIDTH, _HEIGHT, _COMPRESSION} <= fields.keys():
        raise UnclearError


def _check_plain(fields: dict[int, _Field], order: str, sizes: Sequence[int]) -> None:
    """Raise UnclearError if strips without compression have more bytes than their pixels."""
    if _TILES in fields or 530 in fields:
        raise UnclearError
    bits, samples = _numbers(fields, 258, order), _number(fields, 277, order, 1)
    planes = samples if _number(fields, 284, order, 1) == 2 else 1
    row = (_number(fields, _WIDTH, order) * bits[0] * (samples // planes) + 7) // 8
    if len(set(bits)) > 1 or sum(sizes) > row * _number(fields, _HEIGHT, order) * planes:
        raise UnclearError


def _fields(data: bytes, order: str, offset: int) -> dict[int, _Field]:
    (count,) = struct.unpack_from(order + "H", data, offset)
    entries = data[offset + 2 : offset + 2 + 12 * count]
    if not 0 < count <= _MAX_FIELDS or len(entries) < 12 * count:
        raise UnclearError
    fields: dict[int, _Field] = {}
    for number, (tag, kind, values) in enumerate(struct.iter_unpack(order + "HHI4x", entries)):
        if tag in fields:
            raise UnclearError
        fields[tag] = _field(data, order, (tag, kind, values), offset + 10 + 12 * number)
    return fields


def _field(data: bytes, order: str, described: tuple[int, int, int], at: int) -> _Field:
    """Return the field whose values, or their offset, are at `at`. Raises UnclearError for an odd one that is kept."""
    tag, kind, count = described
    most = _MAX_STRIPS if tag in {_STRIPS, _STRIP_BYTES, _TILES, _TILE_BYTES} else _KEPT.get(tag)
    if most is not None and (kind not in _NUMBERS or not 0 < count <= most):
        raise UnclearError
    size = _NUMBERS.get(kind, 1) * count
    start = at if size <= 4 else struct.unpack_from(order + "I", data, at)[0]
    content = data[start : start + size] if most is not None or tag in _READ else b""
    if most is not None and len(content) < size:
        raise UnclearError
    return _Field(kind, count, content)


def _numbers(fields: dict[int, _Field], tag: int, order: str) -> tuple[int, ...]:
    """Return the whole numbers of a field. Raises UnclearError."""
    field = fields.get(tag)
    form = {1: "B", _SHORT: "H", _LONG: "I"}.get(field.kind) if field else None
    if field is None or form is None:
        raise UnclearError
    return struct.unpack(f"{order}{field.values}{form}", field.content)


def _number(fields: dict[int, _Field], tag: int, order: str, default: int = 0) -> int:
    return _numbers(fields, tag, order)[0] if tag in fields else default


def _directory(fields: dict[int, _Field], order: str, offset: int) -> bytes:
    """Return a directory that begins at `offset` and is the last one, and the values that have no room in it."""
    entries, values = [], b""
    beyond = offset + 2 + 12 * len(fields) + 4
    for tag, (kind, count, content) in sorted(fields.items()):
        place = content.ljust(4, b"\0")
        if len(content) > 4:
            place = struct.pack(order + "I", beyond + len(values))
            values += content + bytes(len(content) % 2)
        entries.append(struct.pack(order + "HHI", tag, kind, count) + place)
    return b"".join([struct.pack(order + "H", len(fields)), *entries, bytes(4), values])
