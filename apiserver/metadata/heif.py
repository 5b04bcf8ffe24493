"""HEIF and AVIF: the primary image, its tiles and its transparency (ISO/IEC 23008-12)."""

from collections.abc import Iterator, Mapping

from apiserver.metadata.boxes import box, boxes, full_box
from apiserver.metadata.items import Item, Property, read_items
from apiserver.metadata.orientation import UnclearError, orientation_of
from apiserver.metadata.profiles import profile_in

_BRANDS = frozenset({
    b"mif1", b"mif2", b"miaf", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"MiHB", b"MiHA", b"MiHE",
    b"avif", b"avis", b"avio", b"MA1A", b"MA1B", b"MiPr", b"msf1", b"tmap", b"iso8",
})  # fmt: skip
_CODED = frozenset({b"hvc1", b"av01"})
_GRID = b"grid"
_GRID_BYTES = frozenset({8, 12})

_COPIED = {
    b"ispe": 12, b"pixi": 16, b"irot": 1, b"imir": 1, b"clap": 32, b"pasp": 8, b"hvcC": 65_536, b"av1C": 65_536,
    b"a1op": 1, b"a1lx": 13, b"lsel": 2, b"clli": 4, b"mdcv": 24, b"amve": 8, b"cclv": 64,
}  # fmt: skip
"""Properties that say how an image is coded and shown, and the most bytes of each."""

_ALPHAS = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1")
_NCLX_BYTES = 11

_HANDLER = full_box(b"hdlr", 0, 0, bytes(4), b"pict", bytes(13))
_MAX_NUMBER = 0xFFFF


def is_heif(data: bytes) -> bool:
    """Whether a file begins as an ISO base media file does."""
    return data[4:8] == b"ftyp"


def stripped(data: bytes) -> bytes:
    """Return a file with the primary image only. Raises UnclearError."""
    meta, brands = b"", b""
    for kind, content in boxes(data):
        if kind == b"moov" or (kind == b"meta" and meta):
            raise UnclearError
        if kind == b"meta":
            meta = content
        elif kind == b"ftyp":
            brands = brands or content
    primary, items = read_items(data, meta)
    _check_turns(items)
    kept = _kept(primary, items)
    if max(kept) > _MAX_NUMBER:
        raise UnclearError
    return _file(_type(brands), primary, kept)


def _check_turns(items: Mapping[int, Item]) -> None:
    """Raise UnclearError if an XMP turns the image, as some decoders do although properties are there for that."""
    if any(orientation_of(b"", item.data) != 1 for item in items.values() if item.kind == b"mime"):
        raise UnclearError


def _kept(primary: int, items: Mapping[int, Item]) -> dict[int, Item]:
    """Return the primary image and what it is made of."""
    kept: dict[int, Item] = {}
    _keep(primary, items, kept, {})
    for number, item in items.items():
        if primary in item.references.get(b"auxl", []) and number not in kept and _is_alpha(item):
            references = {kind: [primary] for kind in (b"auxl",)}
            if number in items[primary].references.get(b"prem", []):
                kept[primary].references[b"prem"] = [number]
            _keep(number, items, kept, references)
    # The tiles of an image with transparency may each have their own.
    for number, item in items.items():
        if number not in kept and _is_alpha(item) and kept.keys() & set(item.references.get(b"auxl", [])):
            raise UnclearError
    return kept


def _keep(number: int, items: Mapping[int, Item], kept: dict[int, Item], references: dict[bytes, list[int]]) -> None:
    """Add an image, and the tiles of a grid, to those that are kept."""
    item = items.get(number)
    if item is None or not item.data:
        raise UnclearError
    if item.kind == _GRID:
        tiles = item.references.get(b"dimg", [])
        if len(item.data) not in _GRID_BYTES or not tiles:
            raise UnclearError
        for tile in set(tiles) - kept.keys():
            if tile not in items or items[tile].kind not in _CODED or not items[tile].data:
                raise UnclearError
            kept[tile] = Item(items[tile].kind, items[tile].hidden, items[tile].data, _properties(items[tile]))
        references |= {b"dimg": tiles}
    elif item.kind not in _CODED:
        raise UnclearError
    kept[number] = Item(item.kind, item.hidden, item.data, _properties(item), references)


def _properties(item: Item) -> list[Property]:
    """Return the properties that say how an image is shown. Raises UnclearError if an unknown one does."""
    found = []
    for each in item.properties:
        content = _shown(each)
        if content is not None:
            found.append(Property(each.kind, content, each.essential))
        elif each.essential:
            raise UnclearError
    return found


def _shown(each: Property) -> bytes | None:
    """Return the content of a property without what is not needed; None if it says nothing about the picture."""
    if each.kind == b"colr":
        if each.content[:4] == b"nclx":
            return each.content[:_NCLX_BYTES]
        profile = profile_in(each.content[4:])
        return each.content[:4] + profile if each.content[:4] in {b"prof", b"rICC"} and profile else None
    if each.kind == b"auxC":
        name = _alpha_name(each.content)
        return bytes(4) + name + b"\0" if name else None
    if each.kind in _COPIED and len(each.content) > _COPIED[each.kind]:
        raise UnclearError
    return each.content if each.kind in _COPIED else None


def _is_alpha(item: Item) -> bool:
    return any(each.kind == b"auxC" and _alpha_name(each.content) for each in item.properties)


def _alpha_name(content: bytes) -> bytes:
    return next((name for name in _ALPHAS if content[4:].partition(b"\0")[0] == name), b"")


def _type(content: bytes) -> bytes:
    brands = [content[start : start + 4] for start in range(8, len(content), 4)]
    if content[:4] not in _BRANDS:
        raise UnclearError
    return box(b"ftyp", content[:4], bytes(4), *(brand for brand in dict.fromkeys(brands) if brand in _BRANDS))


def _file(brands: bytes, primary: int, items: Mapping[int, Item]) -> bytes:
    place = len(brands) + len(_meta(primary, items, 0)) + 8
    return b"".join([brands, _meta(primary, items, place), box(b"mdat", *(item.data for item in items.values()))])


def _meta(primary: int, items: Mapping[int, Item], place: int) -> bytes:
    """Return the box that describes the items, whose data follow each other from `place` on."""
    references = list(_references(items))
    return full_box(
        b"meta",
        0,
        0,
        _HANDLER,
        full_box(b"pitm", 0, 0, primary.to_bytes(2)),
        _locations(items, place),
        full_box(b"iinf", 0, 0, len(items).to_bytes(2), *(_entry(number, item) for number, item in items.items())),
        *([full_box(b"iref", 0, 0, *references)] if references else []),
        _associations(items),
    )


def _locations(items: Mapping[int, Item], place: int) -> bytes:
    entries = []
    for number, item in items.items():
        entries.append(number.to_bytes(2) + b"\0\0\0\1" + place.to_bytes(4) + len(item.data).to_bytes(4))
        place += len(item.data)
    return full_box(b"iloc", 0, 0, b"\x44\0", len(items).to_bytes(2), *entries)


def _entry(number: int, item: Item) -> bytes:
    return full_box(b"infe", 2, int(item.hidden), number.to_bytes(2), bytes(2), item.kind, b"\0")


def _references(items: Mapping[int, Item]) -> Iterator[bytes]:
    for number, item in items.items():
        for kind, targets in item.references.items():
            numbers = b"".join(target.to_bytes(2) for target in targets)
            yield box(kind, number.to_bytes(2), len(targets).to_bytes(2), numbers)


def _associations(items: Mapping[int, Item]) -> bytes:
    known: dict[tuple[bytes, bytes], int] = {}
    entries = []
    for number, item in items.items():
        indexes = [
            (known.setdefault((each.kind, each.content), len(known) + 1) | each.essential << 15).to_bytes(2)
            for each in item.properties
        ]
        entries.append(number.to_bytes(2) + bytes([len(indexes)]) + b"".join(indexes))
    properties = (box(kind, content) for kind, content in known)
    associated = full_box(b"ipma", 0, 1, len(entries).to_bytes(4), *entries)
    return box(b"iprp", box(b"ipco", *properties), associated)
