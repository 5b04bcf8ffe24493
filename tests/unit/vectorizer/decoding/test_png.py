"""Nothing but the picture in a PNG matters."""

import zlib

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.unit.vectorizer.image_files import LIMITS, PHOTO, chunk, encoded
from vectorizer.images import decode
from vectorizer.problems import ImageUnreadable, InvalidFileFormat

PNG = encoded(PHOTO, "PNG")
HEAD = 33
"""Length of signature and IHDR."""

PACKED = zlib.compress(bytes(3_000_000))


def with_chunk(added: bytes) -> bytes:
    return PNG[:HEAD] + added + PNG[HEAD:]


def wrong(written: bytes) -> bytes:
    """Return a chunk with a wrong checksum."""
    return written[:-1] + bytes([written[-1] ^ 1])


@pytest.mark.parametrize(
    "added",
    [
        chunk(b"zTXt", b"Raw profile type 8bim\0\0" + PACKED),
        chunk(b"zTXt", b"Raw profile type exif\0\0" + PACKED),
        chunk(b"zTXt", b"Raw profile type exif\0\0no zlib"),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + PACKED),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + bytes(2_000_000)),
        chunk(b"tEXt", b"Comment\0" + bytes(2_000_000)),
        70 * chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(1_000_000))),
        chunk(b"iCCP", b"icc\0\0" + PACKED),
        chunk(b"iCCP", b"icc\0\7"),
        chunk(b"gAMA", b""),
        chunk(b"cHRM", b"\0"),
        chunk(b"tRNS", b"\0"),
        chunk(b"acTL", b"\0\0\0\2\0\0\0\0") + chunk(b"fcTL", bytes(26)),
        chunk(b"fcTL", b"\0"),
        wrong(chunk(b"tEXt", b"Comment\0x")),
        wrong(chunk(b"eXIf", b"MM\0*\0\0\0\x08\0\0")),
        wrong(chunk(b"tRNS", bytes(6))),
        wrong(chunk(b"prVt", b"private")),
    ],
)
def test_additions_of_any_size_do_not_matter(added: bytes):
    assert np.array_equal(decode(with_chunk(added), LIMITS).pixels, np.asarray(PHOTO))


def test_additions_after_the_picture_do_not_matter():
    data = PNG[:-12] + chunk(b"zTXt", b"Comment\0\0" + PACKED) + PNG[-12:] + b"more"
    assert np.array_equal(decode(data, LIMITS).pixels, np.asarray(PHOTO))


@pytest.mark.parametrize("compressed", [False, True])
def test_an_orientation_in_a_text_is_applied(compressed: bool):
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", '<rdf:Description tiff:Orientation="6"/>', zip=compressed)
    data = encoded(PHOTO.transpose(Image.Transpose.ROTATE_90), "PNG", pnginfo=info)
    assert np.array_equal(decode(data, LIMITS).pixels, np.asarray(PHOTO))


def split(data: bytes, parts: int) -> list[bytes]:
    """Return the image data of a PNG with one such chunk as several."""
    content = data[HEAD + 8 : -16]
    size = -(-len(content) // parts)
    return [chunk(b"IDAT", content[start : start + size]) for start in range(0, len(content), size)]


@pytest.mark.parametrize("damaged", [0, 1, 8])
def test_a_wrong_checksum_of_the_picture_is_damage(damaged: int):
    parts = split(PNG, 10)
    parts[damaged] = wrong(parts[damaged])
    with pytest.raises(ImageUnreadable):
        decode(PNG[:HEAD] + b"".join(parts) + PNG[-12:], LIMITS)


@pytest.mark.parametrize("position", [HEAD - 1, HEAD - 8, len(PNG) - 13, len(PNG) // 2])
def test_a_changed_byte_of_what_is_needed_is_damage(position: int):
    with pytest.raises(ImageUnreadable):
        decode(PNG[:position] + bytes([PNG[position] ^ 1]) + PNG[position + 1 :], LIMITS)


def test_a_wrong_checksum_of_a_palette_is_damage():
    data = encoded(PHOTO.quantize(16), "PNG")
    end = data.index(b"PLTE") + 4 + 3 * 16 + 4
    with pytest.raises(ImageUnreadable):
        decode(data[: end - 1] + bytes([data[end - 1] ^ 1]) + data[end:], LIMITS)


def test_a_picture_that_needs_unknown_chunks_is_not_supported():
    """Xcode writes such files for iPhones."""
    signature = PNG[:8]
    with pytest.raises(InvalidFileFormat, match=r"^Invalid file format image/png: PNG with chunks CgBI is not supp"):
        decode(signature + chunk(b"CgBI", b"\x50\0\x20\2") + PNG[8:], LIMITS)
