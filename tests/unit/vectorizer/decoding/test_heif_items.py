"""AVIF and HEIF are measured by their coded frames, however often the container uses them and whatever it says."""

import struct
from dataclasses import dataclass, field

import pytest
from PIL import Image

from tests.unit.vectorizer.decoding.hostile_files import box
from tests.unit.vectorizer.image_files import PHOTO, encoded
from vectorizer.decoding.budget import Limits
from vectorizer.decoding.heif_items import check_items, has_av1
from vectorizer.images import decode
from vectorizer.problems import ImageTooCostly, ImageTooManyPixels

LIMITS = Limits(max_bytes=10_000_000, max_pixels=1_000_000)


@dataclass
class Item:
    """An item of a HEIF: its type, its bytes, the items it is made of, and whether it is the alpha of one."""

    kind: bytes
    content: bytes = b""
    parts: list[int] = field(default_factory=list)
    alpha_of: list[int] = field(default_factory=list)


def full(version: int = 0) -> bytes:
    return bytes([version, 0, 0, 0])


def heif(items: list[Item], properties: bytes, *, added: bytes = b"") -> bytes:
    """Return a file whose first item, of number 1, is its picture; each has all properties."""
    contents = b"".join(item.content for item in items)
    kinds = b"".join(
        box(b"infe", full(2) + struct.pack(">HH", number, 0) + item.kind + b"\0")
        for number, item in enumerate(items, 1)
    )
    locations, start = b"", 0
    for number, item in enumerate(items, 1):
        locations += struct.pack(">HHHHII", number, 1, 0, 1, start, len(item.content))
        start += len(item.content)
    references = b"".join(
        box(kind, struct.pack(f">HH{len(to)}H", number, len(to), *to))
        for number, item in enumerate(items, 1)
        for kind, to in ((b"dimg", item.parts), (b"auxl", item.alpha_of))
        if to
    )
    count = properties.count(b"ispe") + properties.count(b"av1C") + properties.count(b"hvcC")
    associated = b"".join(
        struct.pack(">HB", number, count) + bytes(range(1, count + 1)) for number in range(1, len(items) + 1)
    )
    meta = [
        box(b"pitm", full() + struct.pack(">H", 1)),
        box(b"iinf", full() + struct.pack(">H", len(items)) + kinds),
        box(b"iloc", full(1) + b"\x44\0" + struct.pack(">H", len(items)) + locations),
        box(b"iref", full() + references),
        box(b"iprp", box(b"ipco", properties) + box(b"ipma", full() + struct.pack(">I", len(items)) + associated)),
        box(b"idat", contents),
    ]
    return box(b"ftyp", b"avif" + bytes(4) + b"avif") + added + box(b"meta", full() + b"".join(meta))


def size(width: int, height: int) -> bytes:
    return box(b"ispe", full() + struct.pack(">II", width, height))


def coded_as_av1(width: int, height: int) -> bytes:
    """Return a sequence header of a still picture (AV1, 5.5.1): profile 0, reduced, level 8, 16 bits for each side."""
    bits = f"000{1:b}1{8:05b}{15:04b}{15:04b}{width - 1:016b}{height - 1:016b}".ljust(64, "0")
    content = int(bits, 2).to_bytes(8)
    return bytes([0x0A, len(content)]) + content


FRAME = bytes([0x32, 1, 0])


def grid(columns: int, rows: int, width: int, height: int) -> bytes:
    return struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, width, height)


@pytest.mark.parametrize("image_format", ["AVIF", "HEIF"])
def test_the_coded_frame_counts_whatever_the_container_says(image_format: str):
    data = encoded(Image.new("RGB", (2000, 1600), "red"), image_format)
    lying = data.replace(struct.pack(">II", 2000, 1600), struct.pack(">II", 64, 64))
    assert lying != data
    check_items(data, Limits(max_bytes=10_000_000, max_pixels=3_200_000))
    for each in (data, lying):
        with pytest.raises(ImageTooManyPixels, match="2000 x 1600 pixels, more than the 1,000,000"):
            decode(each, LIMITS)


def test_a_sequence_header_among_the_pixels_counts():
    within = heif([Item(b"av01", coded_as_av1(900, 900) + FRAME)], size(64, 64))
    check_items(within, LIMITS)
    with pytest.raises(ImageTooManyPixels, match="4000 x 900"):
        check_items(heif([Item(b"av01", coded_as_av1(4000, 900) + FRAME)], size(64, 64)), LIMITS)


def test_frames_that_are_not_shown_count():
    check_items(heif([Item(b"av01", coded_as_av1(900, 900) + 3 * FRAME)], b""), LIMITS)
    with pytest.raises(ImageTooCostly, match="3,000,000 pixels in all of its parts"):
        check_items(heif([Item(b"av01", coded_as_av1(900, 900) + 4 * FRAME)], b""), LIMITS)


def test_a_grid_of_tiles():
    tile = Item(b"av01", coded_as_av1(128, 128) + FRAME)
    tiles = [Item(b"grid", grid(8, 6, 1000, 760), list(range(2, 50))), *[tile] * 48]
    check_items(heif(tiles, size(128, 128)), LIMITS)
    often = [Item(b"grid", grid(16, 16, 1000, 760), [2] * 256), tile]
    with pytest.raises(ImageTooCostly, match="pixels in all of its parts"):
        check_items(heif(often, size(128, 128)), LIMITS)
    with pytest.raises(ImageTooManyPixels, match="4000 x 3000"):
        check_items(heif([Item(b"grid", grid(1, 1, 4000, 3000), [2]), tile], size(128, 128)), LIMITS)


def test_items_made_of_one_another():
    """Each overlay shows the next one a hundred times."""
    coded = Item(b"av01", coded_as_av1(64, 64) + FRAME)
    canvas = bytes(10) + struct.pack(">HH", 64, 64)
    nested = [Item(b"iovl", canvas, [number] * 100) for number in (2, 3, 4)]
    with pytest.raises(ImageTooCostly, match="pixels in all of its parts"):
        check_items(heif([*nested, coded], b""), LIMITS)
    with pytest.raises(ImageTooCostly, match="made of one another"):
        check_items(heif([Item(b"iden", b"", [1])], b""), LIMITS)
    check_items(heif([Item(b"iden", b"", [2]), coded], b""), LIMITS)


def test_an_alpha_counts():
    picture = Item(b"av01", coded_as_av1(900, 900) + FRAME)
    alphas = [Item(b"av01", coded_as_av1(900, 900) + FRAME, [], [1]) for _ in range(3)]
    check_items(heif([picture, *alphas[:2]], b""), LIMITS)
    with pytest.raises(ImageTooCostly, match="pixels in all of its parts"):
        check_items(heif([picture, *alphas], b""), LIMITS)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (heif([Item(b"av01")], b"", added=box(b"free", b"") * 20_001), "boxes"),
        (heif([Item(b"av01")], box(b"free", b"") * 20_001), "boxes"),
        (heif([Item(b"Exif")] * 2_002, b""), "items"),
        (heif([Item(b"grid", b"", [2] * 20_001), Item(b"av01")], b""), "references"),
        (heif([Item(b"av01", bytes([0x12, 0]) * 10_001)], b""), "coded units"),
    ],
)
def test_too_many_of_anything(data: bytes, what: str):
    with pytest.raises(ImageTooCostly, match=what):
        check_items(data, LIMITS)


def test_a_file_without_its_end_is_read_as_far_as_it_goes():
    data = encoded(PHOTO, "HEIF")
    for end in range(0, len(data), 97):
        check_items(data[:end], LIMITS)


def test_coding():
    assert has_av1(encoded(PHOTO, "AVIF"))
    assert not has_av1(encoded(PHOTO, "HEIF"))
