"""The items of a HEIF or AVIF file: their types, properties, references and data (ISO/IEC 14496-12, 23008-12)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from apiserver.metadata.boxes import Reader, Room, boxes
from apiserver.metadata.orientation import UnclearError

_IN_FILE, _IN_META = 0, 1
"""Methods of construction: where an item's data are."""

_NUMBER_SIZES = frozenset({0, 4, 8})

_MAX_LINKS = 50_000
"""Pieces, properties and references of all items. A picture of 67 megapixels in tiles of 512 pixels has about 2,000."""

_MAX_PROPERTY_BYTES = 16 << 20
"""Bytes of the properties of all items, counted as often as they are used: each tile may have the colour profile."""


class Property(NamedTuple):
    """A property of an item. essential: readers that do not know it must not show the item."""

    kind: bytes
    content: bytes
    essential: bool


@dataclass(slots=True)
class Item:
    """An image, a part of one, or metadata. references: the items that it refers to, by kind of reference."""

    kind: bytes
    hidden: bool
    data: bytes = b""
    properties: list[Property] = field(default_factory=list)
    references: dict[bytes, list[int]] = field(default_factory=dict)


def read_items(data: bytes, meta: bytes) -> tuple[int, dict[int, Item]]:
    """Return the number of the primary item, and all items by their numbers. Raises UnclearError."""
    parts: dict[bytes, bytes] = {}
    for kind, content in boxes(meta[4:]):
        if kind in parts:
            raise UnclearError
        parts[kind] = content
    if not {b"pitm", b"iinf", b"iloc", b"iprp"} <= parts.keys():
        raise UnclearError
    items, links = _described(parts[b"iinf"]), Room(_MAX_LINKS)
    _locate(items, links, parts[b"iloc"], data, parts.get(b"idat", b""))
    _add_properties(items, links, parts[b"iprp"])
    _add_references(items, links, parts.get(b"iref", bytes(4)))
    primary = Reader(parts[b"pitm"])
    version, _ = primary.version()
    return primary.number(4 if version else 2), items


def _described(content: bytes) -> dict[int, Item]:
    reader = Reader(content)
    version, _ = reader.version()
    reader.number(4 if version else 2)
    items: dict[int, Item] = {}
    for kind, entry in boxes(reader.rest()):
        entry_reader = Reader(entry)
        entry_version, flags = entry_reader.version()
        if kind != b"infe" or entry_version not in {2, 3}:
            raise UnclearError
        number = entry_reader.number(2 if entry_version == 2 else 4)
        if entry_reader.number(2) or number in items:  # protected
            raise UnclearError
        items[number] = Item(entry_reader.take(4), hidden=bool(flags & 1))
    return items


def _locate(items: Mapping[int, Item], links: Room, content: bytes, data: bytes, in_meta: bytes) -> None:
    """Give the items their data."""
    reader, room = Reader(content), Room(2 * len(data))
    version, _ = reader.version()
    sizes = [half for byte in reader.take(2) for half in (byte >> 4, byte & 15)]
    offset_size, length_size, base_size, index_size = sizes[0], sizes[1], sizes[2], sizes[3] if version else 0
    if version > 2 or not set(sizes[:3]) | {index_size} <= _NUMBER_SIZES:
        raise UnclearError
    for _ in range(links.take(reader.number(4 if version == 2 else 2))):
        number = reader.number(4 if version == 2 else 2)
        method = reader.number(2) & 15 if version else _IN_FILE
        source = {_IN_FILE: data, _IN_META: in_meta}.get(method)
        if reader.number(2) or source is None or number not in items or items[number].data:
            raise UnclearError
        base = reader.number(base_size)
        parts = []
        for _ in range(links.take(reader.number(2))):
            reader.number(index_size)
            start, length = base + reader.number(offset_size), room.take(reader.number(length_size))
            if not length or start + length > len(source):
                raise UnclearError
            parts.append(source[start : start + length])
        items[number].data = b"".join(parts)


def _add_properties(items: Mapping[int, Item], links: Room, content: bytes) -> None:
    known: list[tuple[bytes, bytes]] | None = None
    room = Room(_MAX_PROPERTY_BYTES)
    for kind, part in boxes(content):
        if kind == b"ipco" and known is None:
            known = list(boxes(part))
        elif kind == b"ipma" and known is not None:
            _associate(items, links, part, known, room)
        else:
            raise UnclearError


def _associate(
    items: Mapping[int, Item], links: Room, content: bytes, known: Sequence[tuple[bytes, bytes]], room: Room
) -> None:
    reader = Reader(content)
    version, flags = reader.version()
    size = 2 if flags & 1 else 1
    top = 1 << 8 * size - 1
    for _ in range(links.take(reader.number(4))):
        item = items.get(reader.number(4 if version else 2))
        count = links.take(reader.number(1))
        if item is None or item.properties:
            raise UnclearError
        for _ in range(count):
            index = reader.number(size)
            if not 0 < index & ~top <= len(known):
                raise UnclearError
            kind, described = known[(index & ~top) - 1]
            room.take(len(described))
            item.properties.append(Property(kind, described, essential=bool(index & top)))


def _add_references(items: Mapping[int, Item], links: Room, content: bytes) -> None:
    reader = Reader(content)
    version, _ = reader.version()
    size = 4 if version else 2
    found: dict[int, dict[bytes, list[int]]] = defaultdict(dict)
    for kind, part in boxes(reader.rest()):
        reference = Reader(part)
        origin = reference.number(size)
        if origin not in items or kind in found[origin]:
            raise UnclearError
        found[origin][kind] = [reference.number(size) for _ in range(links.take(reference.number(2)))]
    for number, references in found.items():
        items[number].references = references
