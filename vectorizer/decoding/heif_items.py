"""How much the picture of an AVIF or HEIF is to decode: its items, counted as often as they are used.

A picture may be made of others: a grid of tiles, an overlay, an item turned (ISO/IEC 23008-12, 6.6). The boxes are
those of ISO/IEC 14496-12, 8.11.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from vectorizer.decoding import coded_sizes
from vectorizer.decoding.budget import Limits, check_count
from vectorizer.decoding.coded_sizes import Coded

_MAX_BOXES = 20_000
"""Boxes of a file, without those of a track's samples."""

_MAX_ITEMS = 2_000
"""Items. A picture of 67 megapixels in tiles of 512 pixels has 260."""

_MAX_REFERENCES = 20_000
"""Parts, properties and pieces of all items."""

_MAX_UNITS = 50_000
"""Units of all coded images."""

_MAX_CONFIGURATION = 4_096
"""Bytes of a configuration that are looked at."""

_MAX_DEPTH = 6
"""Items of which each is made of the next; a turned grid with a gain map has three."""

_MAX_DECODED = 3
"""Pixels of all items that are decoded for a picture, as a multiple of those that a picture may have.

A picture with an alpha channel is two, and the tiles of a small picture are larger than it.
"""

_MAX_READ = 2
"""Bytes of all items, as a multiple of those of the file."""

_SAMPLE_BYTES = 4096
"""Bytes of a sample within which its sequence header begins."""

_KINDS_WITHIN = 1 << 20
"""Bytes of a file within which it says how its items are coded."""

_HEADER = 8
_AV1, _HEVC = frozenset({b"av01"}), frozenset({b"hvc1", b"hev1"})
_CODED = _AV1 | _HEVC
_CONTAINERS = frozenset({b"meta", b"iprp", b"moov", b"trak", b"mdia", b"minf", b"stbl"})
_SIZE_AT = {b"grid": 4, b"iovl": 10}
"""Where an item made of others has its width, by its type."""

_AV1_CONFIGURATION = 4
"""Bytes before the sequence header in a configuration."""

_CONFIGURATION = re.compile(rb"av1C|hvcC")


@dataclass(slots=True)
class _Item:
    kind: bytes = b""
    extents: list[tuple[int, int]] = field(default_factory=list)
    in_meta: bool = False
    properties: list[int] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _File:
    data: bytes
    primary: int = 0
    meta_data: int = 0
    items: dict[int, _Item] = field(default_factory=dict)
    properties: list[tuple[bytes, int, int]] = field(default_factory=list)
    auxiliaries: list[tuple[int, list[int]]] = field(default_factory=list)
    described: list[tuple[bytes, int, int]] = field(default_factory=list)
    samples: list[int] = field(default_factory=list)
    boxes: int = 0
    references: int = 0
    units: int = 0

    def item(self, number: int) -> _Item:
        """Return an item; it is noted if it is new. Raises ImageTooCostly."""
        check_count(len(self.items), _MAX_ITEMS, "items")
        return self.items.setdefault(number, _Item())


def check_items(data: bytes, limits: Limits) -> None:
    """Raise ImageTooManyPixels for coded frames that are too large, ImageTooCostly for too many items and boxes."""
    file = _File(data)
    _read(file, 0, len(data))
    read = sum(end - start for item in file.items.values() for start, end in _extents(file, item))
    check_count(read, _MAX_READ * len(data), "bytes in its items")
    for described in file.properties + file.described:
        coded = Coded()
        _note_property(coded, file, described)
        _check(file, coded, limits)
    _check_samples(file, limits)
    picture = _Picture(file, limits)
    total = picture.cost(file.primary)
    used = frozenset(picture.costs)
    total += sum(picture.cost(number) for number, targets in file.auxiliaries if used.intersection(targets))
    check_count(total, _MAX_DECODED * limits.max_pixels, "pixels in all of its parts")


def has_av1(data: bytes) -> bool:
    """Whether a file has items coded as AV1."""
    return b"av01" in data[:_KINDS_WITHIN]


def _check_samples(file: _File, limits: Limits) -> None:
    """Check the first samples of tracks coded as AV1."""
    if any(kind == b"av1C" for kind, _, _ in file.described):
        for start in file.samples:
            coded = Coded()
            coded_sizes.note_av1(coded, file.data[start : start + _SAMPLE_BYTES])
            _check(file, coded, limits)


def _check(file: _File, coded: Coded, limits: Limits) -> None:
    file.units += coded.units
    check_count(file.units, _MAX_UNITS, "coded units")
    limits.check_coded(coded.width, coded.height)


@dataclass(frozen=True, slots=True)
class _Picture:
    """What is decoded for a picture. costs: pixels by item."""

    file: _File
    limits: Limits
    costs: dict[int, int] = field(default_factory=dict)

    def cost(self, number: int, depth: int = 0) -> int:
        """Return the pixels that are decoded for an item, with those of the parts it is made of."""
        check_count(depth, _MAX_DEPTH, "items that are made of one another")
        if number not in self.costs:
            item = self.file.items.get(number, _Item())
            coded = item.kind in _CODED
            self.costs[number] = _coded_cost(self.file, item, self.limits) if coded else self._derived(item, depth)
        return self.costs[number]

    def _derived(self, item: _Item, depth: int) -> int:
        width, height = _derived_size(self.file, item)
        self.limits.check_pixels(width, height)
        # The outermost picture is what is to be decoded; those within it are further ones.
        return sum(self.cost(part, depth + 1) for part in item.parts) + (width * height if depth else 0)


def _derived_size(file: _File, item: _Item) -> tuple[int, int]:
    """Return width and height that a grid or an overlay says it has."""
    if item.kind not in _SIZE_AT:
        return 0, 0
    data, start = _content(file, item)[:32], _SIZE_AT[item.kind]
    side = 4 if data[1:2] and data[1] & 1 else 2
    return int.from_bytes(data[start : start + side]), int.from_bytes(data[start + side : start + 2 * side])


def _coded_cost(file: _File, item: _Item, limits: Limits) -> int:
    coded, length_bytes = Coded(), 4
    for index in item.properties:
        if 0 < index <= len(file.properties):
            length_bytes = _note_property(coded, file, file.properties[index - 1]) or length_bytes
    data = _content(file, item)
    if item.kind in _AV1:
        coded_sizes.note_av1(coded, data)
    else:
        coded_sizes.note_hevc(coded, data, length_bytes)
    _check(file, coded, limits)
    return coded.width * coded.height * max(coded.frames, 1)


def _note_property(coded: Coded, file: _File, described: tuple[bytes, int, int]) -> int:
    """Note the size that a property says; return the bytes of a unit's length if it says them, or 0."""
    kind, start, end = described
    content = file.data[start : min(end, start + _MAX_CONFIGURATION)]
    if kind == b"ispe":
        coded.widen(int.from_bytes(content[4:8]), int.from_bytes(content[8:12]))
    elif kind == b"av1C":
        coded_sizes.note_av1(coded, content[_AV1_CONFIGURATION:])
    elif kind == b"hvcC":
        return coded_sizes.note_hevc_configuration(coded, content)
    return 0


def _extents(file: _File, item: _Item) -> Iterator[tuple[int, int]]:
    """Yield start and end of the pieces of an item within the file; one of no length is all that follows."""
    base, length = file.meta_data if item.in_meta else 0, len(file.data)
    for offset, size in item.extents:
        start = min(base + offset, length)
        yield start, min(start + size, length) if size else length


def _content(file: _File, item: _Item) -> bytes:
    return b"".join(file.data[start:end] for start, end in _extents(file, item))


def _boxes(file: _File, position: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, start and end of the content of the boxes of a range. Raises ImageTooCostly."""
    data = file.data
    while position + _HEADER <= end:
        file.boxes += 1
        check_count(file.boxes, _MAX_BOXES, "boxes")
        kind, start = data[position + 4 : position + _HEADER], position + _HEADER
        size = int.from_bytes(data[position : position + 4])
        if size == 1:
            size, start = int.from_bytes(data[start : start + 8]), start + 8
        if 0 < size < _HEADER:
            return
        after = min(position + size, end) if size else end
        yield kind, min(start, after), after
        position = after


def _read(file: _File, position: int, end: int) -> None:
    """Read the boxes of a range, and those within them."""
    for kind, start, after in _boxes(file, position, end):
        if kind in _CONTAINERS:
            _read(file, start + (4 if kind == b"meta" else 0), after)
        elif kind in _READERS:
            _READERS[kind](file, start, after)


def _read_meta_data(file: _File, start: int, _: int) -> None:
    file.meta_data = start


def _read_primary(file: _File, start: int, _: int) -> None:
    file.primary = _number(file, start + 4, 4 if file.data[start : start + 1] != b"\0" else 2)


def _read_properties(file: _File, start: int, end: int) -> None:
    file.properties.extend(_boxes(file, start, end))


def _read_kinds(file: _File, start: int, end: int) -> None:
    wide = file.data[start : start + 1] != b"\0"
    for kind, at, _ in _boxes(file, start + (8 if wide else 6), end):
        if kind == b"infe":
            side = 4 if file.data[at : at + 1] == b"\3" else 2
            file.item(_number(file, at + 4, side)).kind = file.data[at + 6 + side : at + 10 + side]


def _read_locations(file: _File, start: int, end: int) -> None:
    version, sizes = _number(file, start, 1), _number(file, start + 4, 2)
    offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    side = 4 if version == 2 else 2
    count, position = _number(file, start + 6, side), start + 6 + side
    for _ in range(count):
        if position >= end:
            return
        item = file.item(_number(file, position, side))
        position += side
        if version:
            item.in_meta = _number(file, position, 2) & 15 == 1
            position += 2
        first = _number(file, position + 2, base)
        extents, position = _number(file, position + 2 + base, 2), position + 4 + base
        for _ in range(extents):
            _count_reference(file)
            position += index if version else 0
            item.extents.append((first + _number(file, position, offset), _number(file, position + offset, length)))
            position += offset + length


def _read_associations(file: _File, start: int, end: int) -> None:
    side = 4 if _number(file, start, 1) else 2
    wide = _number(file, start + 3, 1) & 1
    position = start + 8
    for _ in range(_number(file, start + 4, 4)):
        if position >= end:
            return
        item, count = file.item(_number(file, position, side)), _number(file, position + side, 1)
        position += side + 1
        for _ in range(count):
            _count_reference(file)
            item.properties.append(_number(file, position, 1 + wide) & (0x7FFF if wide else 0x7F))
            position += 1 + wide


def _read_references(file: _File, start: int, end: int) -> None:
    side = 4 if _number(file, start, 1) else 2
    for kind, at, after in _boxes(file, start + 4, end):
        origin, count = _number(file, at, side), min(_number(file, at + side, 2), (after - at) // side)
        targets = [_number(file, at + side + 2 + n * side, side) for n in range(count)]
        for _ in targets:
            _count_reference(file)
        if kind == b"dimg":
            file.item(origin).parts.extend(targets)
        elif kind == b"auxl":
            file.auxiliaries.append((origin, targets))


def _read_sample_description(file: _File, start: int, end: int) -> None:
    """Note the configurations within the descriptions of a track's samples."""
    for found in _CONFIGURATION.finditer(file.data, start, end):
        file.described.append((found[0], found.end(), end))


def _read_chunk_offsets(file: _File, start: int, _: int) -> None:
    """Note the first sample of a track, which is its picture."""
    file.samples.append(_number(file, start + 8, 4))


def _count_reference(file: _File) -> None:
    file.references += 1
    check_count(file.references, _MAX_REFERENCES, "references between its items")


def _number(file: _File, at: int, size: int) -> int:
    return int.from_bytes(file.data[at : at + size])


_READERS: dict[bytes, Callable[[_File, int, int], None]] = {
    b"idat": _read_meta_data,
    b"pitm": _read_primary,
    b"ipco": _read_properties,
    b"iinf": _read_kinds,
    b"iloc": _read_locations,
    b"ipma": _read_associations,
    b"iref": _read_references,
    b"stsd": _read_sample_description,
    b"stco": _read_chunk_offsets,
}
