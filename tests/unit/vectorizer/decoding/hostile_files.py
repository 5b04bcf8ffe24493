"""Makes small files of the kinds that cost decoders much: by bytes, since no encoder writes them."""

import struct
import zlib

from PIL import Image

from tests.unit.vectorizer.image_files import PHOTO, chunk, encoded

SMALL = PHOTO.resize((64, 64))


def segment(marker: int, content: bytes = b"") -> bytes:
    """Return a segment of a JPEG."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def jpeg_with(added: bytes, image: Image.Image = SMALL, **options: object) -> bytes:
    """Return a JPEG with bytes after its first marker."""
    data = encoded(image, "JPEG", **options)
    return data[:2] + added + data[2:]


def jpeg_of_scans(image: Image.Image, number: int) -> bytes:
    """Return a progressive JPEG with further empty scans: one run of blocks without a coefficient."""
    data = encoded(image, "JPEG", progressive=True)
    table = segment(0xC4, b"\x10\x01" + bytes(15) + b"\xe0")
    scan = segment(0xDA, bytes.fromhex("010100013f10")) + bytes(8)
    return data.removesuffix(b"\xff\xd9") + (table + scan) * number + b"\xff\xd9"


def gif_with(added: bytes) -> bytes:
    """Return a GIF with blocks before its first frame."""
    data = encoded(SMALL.convert("L"), "GIF")
    start = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)
    return data[:start] + added + data[start:]


def png_with(added: bytes) -> bytes:
    """Return a PNG with chunks after its header."""
    data = encoded(SMALL, "PNG")
    return data[:33] + added + data[33:]


def webp_with(added: bytes) -> bytes:
    """Return a WebP with chunks after its picture."""
    picture = encoded(SMALL, "WEBP")[12:]
    header = b"VP8X" + struct.pack("<I", 10) + bytes(4) + bytes([63, 0, 0, 63, 0, 0])
    content = b"WEBP" + header + picture + added
    return b"RIFF" + struct.pack("<I", len(content)) + content


def bmp_of_runs(width: int, height: int, runs: bytes, *, announced: int = 0) -> bytes:
    """Return a BMP of run lengths with a palette of greys; announced: bytes that its header says it has besides."""
    palette = b"".join(bytes([grey, grey, grey, 0]) for grey in range(256))
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(runs), 0, 0, 256, 0)
    start = 14 + len(header) + len(palette)
    size = start + len(runs) + announced
    return b"BM" + struct.pack("<IHHI", size, 0, 0, start) + header + palette + runs


def tiff_of(fields: dict[int, tuple[str, list[int]]], content: bytes = b"") -> bytes:
    """Return a TIFF with grey pixels of 8 bits. fields: type and numbers by tag; content: begins at byte 8."""
    usual = {258: ("H", [8]), 259: ("H", [1]), 262: ("H", [1]), 277: ("H", [1])}
    data = bytearray(b"II*\0" + bytes(4) + content)
    entries = b""
    for tag, (kind, numbers) in sorted((usual | fields).items()):
        values = struct.pack(f"<{len(numbers)}{kind}", *numbers)
        if len(values) > 4:
            data += values
            values = struct.pack("<I", len(data) - len(values))
        entries += struct.pack("<HHI", tag, {"H": 3, "I": 4}[kind], len(numbers)) + values.ljust(4, b"\0")
    struct.pack_into("<I", data, 4, len(data))
    return bytes(data + struct.pack("<H", len(entries) // 12) + entries + bytes(4))


def box(kind: bytes, content: bytes) -> bytes:
    """Return a box of a HEIF."""
    return struct.pack(">I", 8 + len(content)) + kind + content


def text_bomb() -> bytes:
    """Return a PNG's chunk of some bytes that unpack to more than is read of a text."""
    return chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(bytes(1 << 21), 9))
