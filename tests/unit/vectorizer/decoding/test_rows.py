"""A file without its end is accepted if 95 % of its rows can be decoded."""

from hashlib import shake_128
from struct import pack
from zlib import crc32

import numpy as np
import pytest
from PIL import Image

from tests.unit.vectorizer.image_files import LIMITS, PHOTO, encoded
from vectorizer.images import decode
from vectorizer.problems import ImageUnreadable

TALL = PHOTO.resize((160, 800))
PALETTE = TALL.quantize(64)
SEE_THROUGH = TALL.convert("RGBA")
SEE_THROUGH.putalpha(Image.linear_gradient("L").resize(TALL.size))
NOISE = shake_128(b"any").digest(400)

FILES = {
    "jpeg": encoded(TALL, "JPEG"),
    "jpeg-444": encoded(TALL, "JPEG", subsampling=0, quality=95),
    "jpeg-grey": encoded(TALL.convert("L"), "JPEG"),
    "jpeg-cmyk": encoded(TALL.convert("CMYK"), "JPEG"),
    "jpeg-restarts": encoded(TALL, "JPEG", restart_marker_rows=1),
    "jpeg-many-restarts": encoded(TALL, "JPEG", restart_marker_blocks=3),
    "png": encoded(TALL, "PNG"),
    "png-palette": encoded(PALETTE, "PNG"),
    "png-alpha": encoded(SEE_THROUGH, "PNG"),
    "png-1-bit": encoded(TALL.convert("1"), "PNG"),
    "gif": encoded(PALETTE, "GIF"),
    "gif-transparent": encoded(PALETTE, "GIF", transparency=3),
    "webp": encoded(TALL, "WEBP", quality=95),
    "webp-lossless": encoded(TALL, "WEBP", lossless=True),
    "webp-alpha": encoded(SEE_THROUGH, "WEBP", quality=95),
    "bmp": encoded(TALL, "BMP"),
}
CUT_ANYHOW = [b"", b"\xff\xd9", b"\0\0\0\0IEND\xaeB`\x82", b";", bytes(8), NOISE[:8]]


@pytest.mark.parametrize("tail", CUT_ANYHOW)
@pytest.mark.parametrize("name", FILES)
def test_the_last_rows_may_be_missing(name: str, tail: bytes):
    data = FILES[name]
    whole = decode(data, LIMITS)
    cut = decode(data[: int(len(data) * 0.985)] + tail, LIMITS)
    assert (cut.width, cut.height) == (whole.width, whole.height)
    different = np.abs(cut.pixels.astype(int) - whole.pixels).max(axis=(1, 2)) > 8
    assert different.mean() < 0.05


@pytest.mark.parametrize("missing", [4, 7, 16, 30, 64, 100, 300])
@pytest.mark.parametrize("name", ["webp", "webp-lossless", "webp-alpha"])
def test_few_bytes_may_be_missing(name: str, missing: int):
    """Other contents than the right ones often need more bytes than are missing."""
    whole = decode(FILES[name], LIMITS)
    cut = decode(FILES[name][:-missing], LIMITS)
    assert (cut.pixels == whole.pixels).all(axis=(1, 2)).mean() >= 0.95


@pytest.mark.parametrize("tail", [*CUT_ANYHOW, bytes(4000), NOISE])
@pytest.mark.parametrize("share", [0.3, 0.85])
@pytest.mark.parametrize("name", [name for name in FILES if name not in {"bmp", "webp-lossless"}])
def test_more_rows_may_not(name: str, share: float, tail: bytes):
    data = FILES[name]
    tail = tail[: int(len(data) * (1 - share) / 4)] if name.startswith("webp") else tail
    with pytest.raises(ImageUnreadable):
        decode(data[: int(len(data) * share)] + tail, LIMITS)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "1"])
def test_png_data_that_ends_properly_after_too_few_rows(mode: str):
    def stating_800_rows(rows: int) -> bytes:
        data = encoded(TALL.convert(mode).crop((0, 0, 160, rows)), "PNG")
        header = b"IHDR" + pack(">II", 160, 800) + data[24:29]
        return data[:12] + header + pack(">I", crc32(header)) + data[33:]

    assert decode(stating_800_rows(770), LIMITS).pixels.shape == (800, 160, 3)
    with pytest.raises(ImageUnreadable):
        decode(stating_800_rows(740), LIMITS)


@pytest.mark.parametrize("image_format", ["AVIF", "HEIF"])
@pytest.mark.parametrize("share", [0.3, 0.85])
def test_half_a_coded_frame(image_format: str, share: float):
    data = encoded(TALL, image_format, quality=90)
    with pytest.raises(ImageUnreadable):
        decode(data[: int(len(data) * share)], LIMITS)
    assert decode(data[:-20], LIMITS).pixels.shape == (800, 160, 3)


@pytest.mark.parametrize("image_format", ["AVIF", "HEIF", "WEBP"])
@pytest.mark.parametrize("missing", [5, 20, 30])
def test_a_turned_photograph_without_its_end(image_format: str, missing: int):
    """Its rows may be columns of the picture, and its orientation may be lost, which is at the end of a WebP."""
    orientation = Image.Exif()
    orientation[0x112] = 6
    data = encoded(TALL, image_format, quality=90, exif=orientation.tobytes())
    upright = (800, 160, 3) if image_format == "WEBP" else (160, 800, 3)
    assert decode(data[:-missing], LIMITS).pixels.shape == upright
    with pytest.raises(ImageUnreadable):
        decode(data[: int(len(data) * 0.8)], LIMITS)


@pytest.mark.parametrize("name", ["jpeg", "jpeg-grey", "jpeg-cmyk", "jpeg-restarts", "jpeg-many-restarts"])
def test_a_jpeg_without_its_end_marker(name: str):
    whole = decode(FILES[name], LIMITS).pixels
    assert np.array_equal(decode(FILES[name][:-2], LIMITS).pixels, whole)
    assert np.array_equal(decode(FILES[name][:-2] + bytes(5000), LIMITS).pixels, whole)
    assert np.array_equal(decode(FILES[name] + b"\xff\xda and more", LIMITS).pixels, whole)


def test_a_progressive_jpeg_without_its_last_details():
    data = encoded(TALL, "JPEG", progressive=True, quality=95)
    whole = decode(data, LIMITS).pixels
    for tail in CUT_ANYHOW:
        cut = decode(data[: int(len(data) * 0.9)] + tail, LIMITS).pixels
        assert np.abs(cut.astype(int) - whole).mean() < 2
        with pytest.raises(ImageUnreadable):
            decode(data[: int(len(data) * 0.4)] + tail, LIMITS)


def test_a_large_jpeg_is_checked_at_its_reduced_size():
    data = encoded(TALL.resize((1600, 4000)), "JPEG")
    cut = decode(data[: int(len(data) * 0.985)] + b"\xff\xd9", LIMITS)
    assert (cut.reduction, cut.height) == (2, 4000)
    assert cut.in_full().shape == (4000, 1600, 3)
    with pytest.raises(ImageUnreadable):
        decode(data[: int(len(data) * 0.8)] + b"\xff\xd9", LIMITS)


def test_a_photograph_with_a_grey_corner_is_whole():
    """Grey of this value is also what libjpeg leaves where scan data is missing."""
    grey = TALL.copy()
    grey.paste((128, 128, 128), (0, 400, 160, 800))
    for progressive in (False, True):
        data = encoded(grey, "JPEG", progressive=progressive)
        assert (decode(data, LIMITS).pixels[-1, -1] == 128).all()
        assert decode(data[:-2], LIMITS).pixels.shape == (800, 160, 3)


@pytest.mark.parametrize("image_format", ["WEBP", "BMP", "PNG", "GIF"])
def test_a_file_that_rightly_ends_with_zeros(image_format: str):
    black = Image.new("RGB", (2000, 2000))
    assert not decode(encoded(black, image_format, lossless=True), LIMITS).pixels.any()


@pytest.mark.parametrize("image_format", ["GIF", "WEBP", "PNG"])
def test_an_animation_needs_only_its_first_frame(image_format: str):
    frames = [PHOTO, PHOTO.rotate(180), PHOTO.transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    data = encoded(frames[0], image_format, save_all=True, append_images=frames[1:], duration=40)
    whole = decode(data, LIMITS).pixels
    assert np.array_equal(decode(data[: int(len(data) * 0.6)], LIMITS).pixels, whole)


def test_a_tiff_with_its_directory_first():
    whole = encoded(TALL, "TIFF")
    assert np.array_equal(decode(whole, LIMITS).pixels, np.asarray(TALL))
    assert decode(whole[: int(len(whole) * 0.97)], LIMITS).pixels.shape == (800, 160, 3)
    with pytest.raises(ImageUnreadable):
        decode(whole[: int(len(whole) * 0.9)], LIMITS)
