"""TIFF: which of its images is the photograph, and samples that Pillow does not read (TIFF 6.0, TIFF/EP, DNG 1.7)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vectorizer.decoding import opencv
from vectorizer.decoding.budget import Limits, check_count
from vectorizer.decoding.pixels import rgb_of_samples
from vectorizer.problems import InvalidFileFormat

_HEADERS = {b"II*\0": ("<", False), b"MM\0*": (">", False), b"II+\0": ("<", True), b"MM\0+": (">", True)}
"""Byte order, and whether offsets have eight bytes (BigTIFF)."""

_NEW_SUBFILE_TYPE, _SUBFILE_TYPE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 255, 256, 257, 258, 259, 262
_MAKE, _STRIPS, _ORIENTATION, _SAMPLES, _STRIP_BYTES, _TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_BYTES = (
    271, 273, 274, 277, 279, 322, 323, 324, 325,
)  # fmt: skip
_SUB_IMAGES, _SAMPLE_FORMAT, _CFA_PATTERN, _DNG_VERSION = 330, 339, 33422, 50706
_ROWS_PER_STRIP, _PLANES = 278, 284
_EXIF, _GPS, _INTEROPERABILITY = 34665, 34853, 40965
"""Tags with the offset of a directory of metadata."""

_CFA, _LINEAR_RAW = 32803, 34892
"""Photometric interpretations of sensor values."""

_COMMON_COMPRESSIONS = frozenset({1, 2, 3, 4, 5, 7, 8, 32773, 32946, 34925, 50000})
"""None, three of fax, LZW, JPEG, Deflate twice, PackBits, LZMA and Zstandard."""

_JPEG_COMPRESSIONS = frozenset({6, 7})

_FORMATS = {1: "B", 2: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"}
"""How numbers, and texts, of a field's type are stored."""

_MAX_IMAGES = 64
"""Images of a file that are looked at."""

_MAX_VALUES = 64
"""Numbers of a field that are read."""

_MAX_FIELDS = 1_024
"""Fields of a directory, of which photographs have at most some hundreds."""

_MAX_FIELDS_OF_ALL = 20_000
"""Fields of all directories of a file that are looked at."""

_TEXTS, _RATIONALS = frozenset({1, 2, 6, 7}), frozenset({5, 10})
"""Types of fields that are read as a whole, and of those that become an object for each number."""

_MAX_NUMBERS, _MAX_RATIONALS = 200_000, 4_096
"""Numbers of a field; a table of 16-bit colours has 196,608."""

_MAX_PARTS = 65_536
"""Strips and tiles: more than the rows of any image, and the tiles of 32 x 32 pixels of the largest."""

_MAX_READ = 2
"""Bytes of all strips and tiles, as a multiple of those of the file."""

_SMALL_PART = 1 << 22
"""Pixels that a tile may have however small the image is."""

_MAX_SCANNED = 1_500_000_000
"""Pixels times scans of the JPEGs within a file; see `vectorizer.decoding.jpeg_parts`."""

_BYTES_A_PIXEL = 4
"""Bytes that a pixel of an ordinary image takes; deeper ones have fewer pixels within the same limit."""

_FLOAT = 3


_Tables = dict[int, tuple[str, int, int]]
"""How the numbers of strips or tiles are stored, how many there are, and where, by tag."""


@dataclass(frozen=True, slots=True)
class TiffImage:
    """One image of a file. offset: of its directory. main: in the chain of pages, not below another image.

    tables: those of its strips or tiles.
    """

    offset: int
    main: bool
    fields: dict[int, tuple[int, ...]]
    tables: _Tables

    def number(self, tag: int, default: int = 0) -> int:
        """Return the first value of a field."""
        return self.fields.get(tag, (default,))[0]

    @property
    def pixels(self) -> int:
        """Width times height."""
        return self.number(_WIDTH) * self.number(_HEIGHT)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.number(_WIDTH), self.number(_HEIGHT)

    @property
    def is_reduced(self) -> bool:
        """Whether it is a preview, or a mask, of another image."""
        return bool(self.number(_NEW_SUBFILE_TYPE) & 5) or self.number(_SUBFILE_TYPE) == 2

    @property
    def is_raw(self) -> bool:
        """Whether it has sensor values."""
        return self.is_dng or self.number(_PHOTOMETRIC) in {_CFA, _LINEAR_RAW} or _CFA_PATTERN in self.fields

    @property
    def is_dng(self) -> bool:
        """Whether the file follows Adobe's specification of RAW files."""
        return _DNG_VERSION in self.fields

    @property
    def is_common(self) -> bool:
        """Whether decoders know the compression."""
        return self.number(_COMPRESSION, 1) in _COMMON_COMPRESSIONS

    @property
    def tile_size(self) -> tuple[int, int]:
        """Width and height of a tile; 0 without tiles."""
        return self.number(_TILE_WIDTH), self.number(_TILE_HEIGHT)

    @property
    def bytes_a_pixel(self) -> float:
        """Bytes of all samples of a pixel, as stored without compression."""
        return self.number(_BITS, 1) * self.number(_SAMPLES, 1) / 8

    @property
    def part_pixels(self) -> int:
        """Pixels of a strip or tile."""
        width, height = self.size
        if _TILE_WIDTH in self.fields:
            return self.number(_TILE_WIDTH) * self.number(_TILE_HEIGHT)
        return width * min(self.number(_ROWS_PER_STRIP, height) or height, height)

    @property
    def end(self) -> int:
        """Where the last strip or tile ends in the file."""
        tiled = _TILES in self.fields
        return self.number(_TILES if tiled else _STRIPS) + self.number(_TILE_BYTES if tiled else _STRIP_BYTES)

    @property
    def orientation(self) -> int | None:
        """The EXIF orientation, 1 to 8, if there is one."""
        orientation = self.number(_ORIENTATION)
        return orientation if 1 <= orientation <= 8 else None

    @property
    def make(self) -> str:
        """The maker of the camera."""
        return bytes(value & 0xFF for value in self.fields.get(_MAKE, ())).decode("latin-1").strip("\0 ")

    @property
    def kind(self) -> str:
        """What a decoder has to know, in words."""
        samples = "floating-point" if self.number(_SAMPLE_FORMAT, 1) == _FLOAT else "integer"
        return (
            f"TIFF with compression {self.number(_COMPRESSION, 1)}, photometric interpretation "
            f"{self.number(_PHOTOMETRIC)} and {self.number(_SAMPLES, 1)} {samples} samples of "
            f"{self.number(_BITS, 1)} bits is not supported"
        )


def is_tiff(data: bytes) -> bool:
    """Whether a file begins as a TIFF does."""
    return data[:4] in _HEADERS


def images_of(data: bytes) -> list[TiffImage]:
    """Return the images of a TIFF, first those of the chain of pages; as far as they can be read."""
    file = _File.of(data)
    found = list(_chain(file, file.first, main=True))
    for page in found[:_MAX_IMAGES]:
        for offset in page.fields.get(_SUB_IMAGES, ())[:_MAX_IMAGES]:
            found.extend(_chain(file, offset, main=False))
            if len(found) > _MAX_IMAGES:
                return found
    return found


def check_parts(data: bytes, image: TiffImage, limits: Limits) -> None:
    """Raise ImageTooCostly for an image whose parts are out of proportion, ImageTooManyPixels for one too large.

    Deep samples take more memory, so an image of them may have fewer pixels.
    """
    replace(limits, max_pixels=max_pixels(image, limits.max_pixels)).check_pixels(*image.size)
    limits.check_pixels(*image.tile_size)
    file = _File.of(data)
    planes = image.number(_SAMPLES, 1) if image.number(_PLANES, 1) == 2 else 1
    parts = planes * image.pixels / max(image.part_pixels, 1)
    check_count(max([parts, *(count for _, count, _ in image.tables.values())]), _MAX_PARTS, "strips and tiles")
    for offsets, sizes in ((_STRIPS, _STRIP_BYTES), (_TILES, _TILE_BYTES)):
        pairs = zip(_all_values(file, image, offsets), _all_values(file, image, sizes), strict=False)
        read = sum(max(min(size, len(data) - offset), 0) for offset, size in pairs)
        check_count(read, _MAX_READ * len(data), "bytes in its strips and tiles")
    check_count(image.part_pixels, max(2 * image.pixels, _SMALL_PART), "pixels in a tile")
    if image.number(_COMPRESSION) in _JPEG_COMPRESSIONS:
        scanned = data.count(b"\xff\xda") * image.part_pixels
        check_count(scanned, _MAX_SCANNED, "pixels in all of its scans")


def _all_values(file: "_File", image: TiffImage, tag: int) -> tuple[int, ...]:
    kind, count, start = image.tables.get(tag, ("B", 0, 0))
    return file.unpack(f"{count}{kind}", start)


def photograph_of(images: list[TiffImage]) -> TiffImage:
    """Return the first page, or, if that is a preview, the largest image that is not."""
    first = images[0]
    whole = [image for image in images if not image.is_reduced]
    below = max((image.pixels for image in whole if not image.main), default=0)
    if not whole or (not first.is_reduced and first.pixels >= below):
        return first
    return max(whole, key=lambda image: image.pixels)


def beginning_with(data: bytes, image: TiffImage) -> bytes:
    """Return the file with `image` as its first page."""
    file = _File.of(data)
    if file.first == image.offset:
        return data
    at, kind = (8, "Q") if file.big else (4, "I")
    return data[:at] + struct.pack(file.order + kind, image.offset) + data[at + struct.calcsize(kind) :]


def decode_samples(data: bytes, image: TiffImage) -> NDArray[np.uint8]:
    """Decode floats, wide integers and separate planes, which Pillow does not read, to RGB, as stored.

    Raises InvalidFileFormat if OpenCV does not read them either.
    """
    samples = opencv.decode_samples(data)
    if samples is None:
        raise InvalidFileFormat("image/tiff", image.kind)
    return rgb_of_samples(samples)


def max_pixels(image: TiffImage, limit: int) -> int:
    """Return how many pixels of such a depth take as much memory as `limit` ordinary ones."""
    return int(limit * _BYTES_A_PIXEL / max(image.bytes_a_pixel, _BYTES_A_PIXEL))


@dataclass(slots=True)
class _File:
    """A file, the order of its bytes, whether its offsets have eight of them, and how many fields were read."""

    data: bytes
    order: str
    big: bool
    read: int = 0

    @classmethod
    def of(cls, data: bytes) -> Self:
        """Return a file by its header."""
        return cls(data, *_HEADERS[data[:4]])

    @property
    def first(self) -> int:
        """Where the first directory is."""
        return self.offset(8 if self.big else 4)

    def offset(self, at: int) -> int:
        """Return the offset that is at `at`; 0 beyond the end."""
        return next(iter(self.unpack("Q" if self.big else "I", at)), 0)

    def unpack(self, form: str, at: int) -> tuple[int, ...]:
        """Return numbers; none beyond the end."""
        form = self.order + form
        return struct.unpack_from(form, self.data, at) if at + struct.calcsize(form) <= len(self.data) else ()


def _chain(file: _File, offset: int, *, main: bool) -> Iterator[TiffImage]:
    """Yield the image at `offset` and those that follow it."""
    seen: set[int] = set()
    while 0 < offset < len(file.data) and offset not in seen and len(seen) < _MAX_IMAGES:
        seen.add(offset)
        fields, tables, after = _fields(file, offset)
        if _WIDTH in fields and _HEIGHT in fields:
            yield TiffImage(offset, main, fields, tables)
        offset = file.offset(after)


def _fields(file: _File, offset: int, below: int = 0) -> tuple[dict[int, tuple[int, ...]], _Tables, int]:
    """Return the numbers of a directory by tag, where those of its parts are, and where the next directory's offset is.

    Raises ImageTooCostly if it, or a directory of metadata below it, has too many fields or numbers.
    """
    head, entry = (8, 20) if file.big else (2, 12)
    count = next(iter(file.unpack("Q" if file.big else "H", offset)), 0)
    check_count(count, _MAX_FIELDS, "fields in a directory")
    file.read += count + 1
    check_count(file.read, _MAX_FIELDS_OF_ALL, "fields in all directories")
    fields: dict[int, tuple[int, ...]] = {}
    tables: _Tables = {}
    for at in range(offset + head, offset + head + count * entry, entry):
        described = file.unpack("HHQ" if file.big else "HHI", at)
        # Decoders take the first of several fields with one tag.
        if not described or described[0] in fields:
            continue
        _check_field(*described)
        if described[0] in _READ and described[1] in _FORMATS:
            table = _table(file, at, described)
            if values := _values(file, described[0], table):
                fields[described[0]] = values
            if described[0] in _LAST:
                tables[described[0]] = table
    for tag in (_EXIF, _GPS, _INTEROPERABILITY):
        if tag in fields and below < 2:
            _fields(file, fields[tag][0], below + 1)
    return fields, tables, offset + head + count * entry


def _check_field(tag: int, kind: int, count: int) -> None:
    if kind in _RATIONALS:
        check_count(count, _MAX_RATIONALS, "fractions in a field")
    elif kind not in _TEXTS:
        check_count(count, _MAX_PARTS if tag in _LAST else _MAX_NUMBERS, "numbers in a field")


def _table(file: _File, at: int, described: tuple[int, ...]) -> tuple[str, int, int]:
    """Return how each number of the field at `at` is stored, how many there are, and where."""
    kind, count = _FORMATS[described[1]], described[2]
    room, start = (8, at + 12) if file.big else (4, at + 8)
    return kind, count, start if count * struct.calcsize("=" + kind) <= room else file.offset(start)


def _values(file: _File, tag: int, table: tuple[str, int, int]) -> tuple[int, ...]:
    """Return the first numbers of a field, or the last one."""
    kind, count, start = table
    if tag in _LAST and count:
        return file.unpack(kind, start + struct.calcsize("=" + kind) * (count - 1))
    return file.unpack(f"{min(count, _MAX_VALUES)}{kind}", start)


_LAST = frozenset({_STRIPS, _STRIP_BYTES, _TILES, _TILE_BYTES})
"""Tags of fields whose last number is read, which says where the image ends."""

_READ = frozenset({
    _NEW_SUBFILE_TYPE, _SUBFILE_TYPE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _MAKE, _STRIPS, _ORIENTATION,
    _SAMPLES, _STRIP_BYTES, _TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_BYTES, _SUB_IMAGES, _SAMPLE_FORMAT, _CFA_PATTERN,
    _DNG_VERSION, _ROWS_PER_STRIP, _PLANES, _EXIF, _GPS, _INTEROPERABILITY,
})  # fmt: skip
"""Tags of fields that are read."""
