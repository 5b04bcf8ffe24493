"""Makes image files, whole and spoiled."""

import struct
import zlib
from dataclasses import dataclass, field
from io import BytesIO

from PIL import Image
from skimage.data import astronaut

from vectorizer.decoding.budget import Limits

LIMITS = Limits(max_bytes=32_000_000, max_pixels=67_000_000)
PHOTO = Image.fromarray(astronaut()[:240, 100:300])


def encoded(image: Image.Image, image_format: str, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, image_format, **options)
    return file.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


@dataclass
class Page:
    """An image of a TIFF. fields: numbers by tag, or text; below: images in its SubIFDs."""

    image: Image.Image
    fields: dict[int, int | bytes] = field(default_factory=dict)
    below: tuple["Page", ...] = ()


def tiff(*pages: Page, order: str = "<") -> bytes:
    """Return an uncompressed TIFF with `pages`; order: that of bytes, as `struct` names it."""
    data = bytearray((b"II*\0" if order == "<" else b"MM\0*") + bytes(4))
    pointer = 4
    for page in pages:
        offset = _written(data, page, order)
        struct.pack_into(f"{order}I", data, pointer, offset)
        pointer = offset + 2 + 12 * struct.unpack_from(f"{order}H", data, offset)[0]
    return bytes(data)


def _written(data: bytearray, page: Page, order: str) -> int:
    """Append an image and its directory; return the directory's offset."""
    below = [_written(data, other, order) for other in page.below]
    image, samples = page.image, len(page.image.getbands())
    strip = len(data)
    data += image.tobytes()
    fields: dict[int, int | bytes | list[int]] = {
        256: image.width,
        257: image.height,
        258: [8] * samples,
        259: 1,
        262: 2 if samples == 3 else 1,
        273: strip,
        277: samples,
        278: image.height,
        279: len(image.tobytes()),
    }
    fields |= page.fields | ({330: below} if below else {})
    entries = b"".join(_entry(data, tag, fields[tag], order) for tag in sorted(fields))
    offset = len(data)
    data += struct.pack(f"{order}H", len(fields)) + entries + bytes(4)
    return offset


def _entry(data: bytearray, tag: int, value: int | bytes | list[int], order: str) -> bytes:
    if isinstance(value, bytes):
        kind, count, content = (1 if tag == 50706 else 2), len(value), value
    else:
        values = value if isinstance(value, list) else [value]
        kind, count = (3, len(values)) if tag in {258, 259, 262, 274, 277} else (4, len(values))
        content = struct.pack(f"{order}{count}{'H' if kind == 3 else 'I'}", *values)
    if len(content) > 4:
        content = struct.pack(f"{order}I", _appended(data, content))
    return struct.pack(f"{order}HHI", tag, kind, count) + content.ljust(4, b"\0")


def _appended(data: bytearray, content: bytes) -> int:
    offset = len(data)
    data += content
    return offset
