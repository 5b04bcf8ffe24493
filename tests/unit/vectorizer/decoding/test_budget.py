"""Files with more parts than any ordinary one are refused before a decoder sees them, and ordinary ones are not."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tests.unit.vectorizer.decoding.hostile_files import (
    SMALL,
    bmp_of_runs,
    gif_with,
    jpeg_of_scans,
    jpeg_with,
    png_with,
    segment,
    text_bomb,
    tiff_of,
    webp_with,
)
from tests.unit.vectorizer.image_files import LIMITS, PHOTO, chunk, encoded
from vectorizer.decoding.budget import LargePictureError, Limits
from vectorizer.images import decode
from vectorizer.problems import ImageTooCostly, ImageTooManyPixels, ImageUnreadable

LARGE = PHOTO.resize((2000, 2400))
PHOTOSHOP = b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0\0\0\0\0" * 5_000

COSTLY: dict[str, Callable[[], bytes]] = {
    "jpeg-segments": lambda: jpeg_with(segment(0xE5) * 2_001),
    "jpeg-exif-segments": lambda: jpeg_with(segment(0xE1, b"Exif\0\0" + bytes(6)) * 2_001),
    "jpeg-exif-bytes": lambda: jpeg_with(segment(0xE1, b"Exif\0\0" + bytes(65_000)) * 17),
    "jpeg-comments": lambda: jpeg_with(segment(0xFE, b"x") * 2_001),
    "jpeg-fill": lambda: jpeg_with(b"\xff" * 70_000),
    "jpeg-junk": lambda: jpeg_with(segment(0xE5) + bytes(70_000)),
    "jpeg-photoshop": lambda: jpeg_with(segment(0xED, PHOTOSHOP)),
    "jpeg-tables": lambda: jpeg_with(segment(0xDB, (b"\0" + b"\1" * 64) * 1_000) * 2),
    "jpeg-frames": lambda: jpeg_with(segment(0xC0, bytes.fromhex("080040004001011100")) * 5),
    "jpeg-scans": lambda: jpeg_of_scans(SMALL, 256),
    "jpeg-scans-of-a-large-image": lambda: jpeg_of_scans(PHOTO.resize((6000, 5000)), 45),
    "jpeg-segments-between-scans": lambda: jpeg_of_scans(SMALL, 1).removesuffix(b"\xff\xd9") + segment(0xE5) * 2_001,
    "png-chunks": lambda: png_with(chunk(b"prVt", b"") * 50_001),
    "png-palettes": lambda: png_with(chunk(b"PLTE", b"abc") * 1_001),
    "gif-comment": lambda: gif_with(b"!\xfe" + b"\1a" * 50_001 + b"\0"),
    "gif-comments": lambda: gif_with(b"!\xfe\1a\0" * 50_001),
    "gif-extensions": lambda: gif_with(b"!\xf9\0\0" * 50_001),
    "gif-application": lambda: gif_with(b"!\xff\x0bNETSCAPE2.0\0" + b"\1a" * 50_001 + b"\0"),
    "gif-junk": lambda: gif_with(b"x" * 50_001),
    "webp-chunks": lambda: webp_with(b"junk\0\0\0\0" * 20_001),
    "tiff-strips": lambda: tiff_of({256: ("H", [1]), 257: ("I", [70_000]), 273: ("I", [8] * 70_000), 278: ("H", [1])}),
    "tiff-strips-that-are-not-listed": lambda: tiff_of(
        {256: ("H", [8]), 257: ("H", [8]), 277: ("H", [10_000]), 273: ("I", [8]), 278: ("H", [1]), 284: ("H", [2])}
    ),
    "tiff-strips-that-share-bytes": lambda: tiff_of(
        {256: ("H", [8]), 257: ("H", [64]), 273: ("I", [8] * 64), 278: ("H", [1]), 279: ("I", [4000] * 64)}, bytes(4000)
    ),
    "tiff-tile": lambda: tiff_of(
        {256: ("H", [64]), 257: ("H", [64]), 322: ("H", [8000]), 323: ("H", [8000]), 324: ("I", [8]), 325: ("I", [99])}
    ),
    "tiff-fields": lambda: tiff_of({tag: ("H", [1]) for tag in range(256, 1_400)}),
    "tiff-numbers": lambda: tiff_of({256: ("H", [8]), 257: ("H", [8]), 320: ("H", [0] * 200_001)}),
    "tiff-jpeg-scans": lambda: tiff_of(
        {256: ("H", [8000]), 257: ("H", [8000]), 259: ("H", [7]), 273: ("I", [8]), 279: ("I", [100])}, b"\xff\xda" * 50
    ),
}


@pytest.mark.parametrize("kind", COSTLY)
def test_files_of_too_many_parts_are_too_costly(kind: str):
    with pytest.raises(ImageTooCostly, match="costs too much to decode; save it again"):
        decode(COSTLY[kind](), LIMITS)


ORDINARY: dict[str, Callable[[], bytes]] = {
    "jpeg-of-thirty-scans": lambda: jpeg_of_scans(LARGE, 20),
    "jpeg-with-restarts": lambda: encoded(LARGE, "JPEG", progressive=True, restart_marker_blocks=1),
    "jpeg-with-a-split-profile": lambda: encoded(PHOTO, "JPEG", icc_profile=bytes(300_000)),
    "jpeg-with-extended-metadata": lambda: jpeg_with(segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" * 900) * 64),
    "jpeg-of-photoshop": lambda: jpeg_with(segment(0xED, PHOTOSHOP[: 14 + 12 * 50])),
    "jpeg-with-fill": lambda: jpeg_with(b"\xff" * 4_000),
    "jpeg-of-cmyk": lambda: encoded(LARGE.convert("CMYK"), "JPEG", progressive=True),
    "png-of-small-chunks": lambda: png_with(chunk(b"prVt", b"x") * 10_000),
    "png-interlaced": lambda: encoded(PHOTO, "PNG", interlace=True),
    "gif-with-metadata": lambda: gif_with(b"!\xff\x0bXMP DataXMP" + (b"\x20" + bytes(32)) * 20_000 + b"\0"),
    "gif-of-frames": lambda: encoded(SMALL, "GIF", save_all=True, append_images=[SMALL] * 20),
    "webp-of-frames": lambda: encoded(SMALL, "WEBP", save_all=True, append_images=[SMALL.rotate(9)] * 20),
    "tiff-of-rows": lambda: encoded(Image.new("L", (16, 10_000), 9), "TIFF", strip_size=16),
    "tiff-of-a-large-tile": lambda: tiff_of(
        {
            256: ("H", [64]),
            257: ("H", [64]),
            322: ("H", [512]),
            323: ("H", [512]),
            324: ("I", [8]),
            325: ("I", [512**2]),
        },
        bytes(512**2),
    ),
    "avif-with-alpha": lambda: encoded(PHOTO.convert("RGBA"), "AVIF"),
    "heic-with-alpha": lambda: encoded(PHOTO.convert("RGBA"), "HEIF"),
    "avif-of-frames": lambda: encoded(SMALL, "AVIF", save_all=True, append_images=[SMALL.rotate(9)] * 3),
}


@pytest.mark.parametrize("kind", ORDINARY)
def test_ordinary_files_are_decoded(kind: str):
    data = ORDINARY[kind]()
    with Image.open(BytesIO(data)) as image:
        assert (decode(data, LIMITS).width, decode(data, LIMITS).height) == image.size


def test_texts_that_unpack_to_much_are_left_out():
    assert np.array_equal(decode(png_with(text_bomb() * 500), LIMITS).pixels, np.asarray(SMALL))


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "HEIF"])
def test_too_long_a_side(image_format: str):
    limits = Limits(max_bytes=1_000_000, max_pixels=1_000_000, max_side=600)
    longest = encoded(Image.new("RGB", (600, 64)), image_format)
    assert decode(longest, limits).width == 600
    with pytest.raises(ImageTooManyPixels, match="664 pixels, more than 600 on its longer side; send a smaller one"):
        decode(encoded(Image.new("RGB", (64, 664)), image_format), limits)


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "HEIF"])
@pytest.mark.parametrize("missing", [0, 200])
def test_a_large_picture_is_known_before_it_is_decoded(image_format: str, missing: int):
    data = encoded(Image.new("RGB", (640, 512), "red"), image_format)
    half = 640 * 512
    small = Limits(max_bytes=2_000_000, max_pixels=2 * half, large=False)
    assert decode(data, small).width == 640
    for limits in (replace(small, max_pixels=2 * half - 2), replace(small, max_pixels=half)):
        with pytest.raises(LargePictureError):
            decode(data[: len(data) - missing], limits)
        assert decode(data, replace(limits, large=True)).width == 640


def test_run_lengths_are_unpacked_and_skips_are_black():
    rows = b"\x08\x40\0\0" * 3 + b"\0\2\2\1" + b"\x06\x80\0\1"
    pixels = decode(bmp_of_runs(8, 5, rows), LIMITS).pixels[..., 0]
    assert pixels.tolist() == [[0, 0, *[128] * 6], [0] * 8, *[[64] * 8] * 3]


def test_run_lengths_without_their_end():
    with pytest.raises(ImageUnreadable):
        decode(bmp_of_runs(8, 5, b"\x08\x40\0\0", announced=500), LIMITS)


def test_a_picture_smaller_than_its_canvas():
    picture = encoded(SMALL, "WEBP", lossless=True)[12:]
    frame = bytes([8, 0, 0, 16, 0, 0, 63, 0, 0, 63, 0, 0, 0, 0, 0, 0]) + picture
    header = bytes([2, 0, 0, 0, 99, 0, 0, 119, 0, 0])
    chunks = [(b"VP8X", header), (b"ANIM", bytes(6)), (b"ANMF", frame)]
    content = b"WEBP" + b"".join(kind + len(part).to_bytes(4, "little") + part for kind, part in chunks)
    pixels = decode(b"RIFF" + len(content).to_bytes(4, "little") + content, LIMITS).pixels
    assert pixels.shape == (120, 100, 3)
    assert np.array_equal(pixels[32:96, 16:80], np.asarray(SMALL))
    assert (pixels[:32] == 255).all()
