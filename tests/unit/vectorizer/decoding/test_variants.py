"""What decoders cannot do is not called damaged, and what one of them cannot do another one may."""

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.unit.vectorizer.image_files import LIMITS, PHOTO, Page, encoded, tiff
from vectorizer.decoding.budget import Limits
from vectorizer.images import decode
from vectorizer.problems import ImageTooManyPixels, ImageUnreadable, InvalidFileFormat

JPEG = encoded(PHOTO, "JPEG")
FRAME = JPEG.index(b"\xff\xc0")
HEIF = encoded(PHOTO, "HEIF")
BMP = encoded(PHOTO, "BMP")
SHARES = np.asarray(PHOTO, np.float32) / 255


def changed(data: bytes, at: int, content: bytes) -> bytes:
    return data[:at] + content + data[at + len(content) :]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (changed(JPEG, FRAME + 4, b"\x0c"), "image/jpeg: JPEG with 12 bits per sample is not supported"),
        (changed(JPEG, FRAME + 1, b"\xc3"), "image/jpeg: JPEG of the lossless kind is not supported"),
        (changed(JPEG, FRAME + 1, b"\xc5"), "image/jpeg: JPEG of the hierarchical kind is not supported"),
        (changed(JPEG, FRAME + 5, b"\0\0"), "image/jpeg: JPEG that states its height only at its end is not"),
        (changed(JPEG, 3, b"\xf7"), "image/jls"),
        (changed(BMP, 30, b"\4"), r"image/bmp: Unsupported BMP compression \(4\); save"),
        (changed(BMP, 28, b"\x40"), r"image/bmp: Unsupported BMP pixel depth \(64\); save"),
        (tiff(Page(PHOTO, {259: 34712})), "image/tiff: TIFF with compression 34712, photometric interpretation 2 and"),
        (tiff(Page(PHOTO, {259: 6})), "image/tiff: TIFF with compression 6, "),
        (HEIF.replace(b"hvc1", b"vvc1"), "image/heic: HEIF coded as VVC is not supported"),
        (HEIF.replace(b"hvc1", b"unci"), "image/heic: HEIF coded as uncompressed samples is not supported"),
        (encoded(PHOTO, "JPEG2000"), "image/jp2"),
        (encoded(PHOTO, "JPEG2000", no_jp2=True), "image/x-jp2-codestream"),
        (b"\xff\x0a" + bytes(50), "image/jxl"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(50), "image/jxl"),
        (encoded(PHOTO, "PPM"), "image/x-portable-anymap"),
        (encoded(PHOTO, "DDS"), "image/vnd-ms.dds"),
    ],
)
def test_what_is_not_supported_is_named(data: bytes, sentence: str):
    with pytest.raises(InvalidFileFormat, match=f"^Invalid file format {sentence}"):
        decode(data, LIMITS)


@pytest.mark.parametrize("samples", [SHARES, SHARES.astype(np.float64), SHARES * 1000 - 500])
def test_floating_point_colours(samples: np.ndarray):
    data = cv2.imencode(".tif", samples[..., ::-1])[1].tobytes()
    expected = (SHARES - SHARES.min()) / (SHARES.max() - SHARES.min()) * 255
    assert np.abs(decode(data, LIMITS).pixels - expected).max() <= 1


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_floating_point_values_that_are_no_numbers(odd: float):
    values = SHARES[..., 0].copy()
    values[:3] = odd
    pixels = decode(encoded(Image.fromarray(values), "TIFF"), LIMITS).pixels[3:, :, 0]
    expected = (values[3:] - values[3:].min()) / np.ptp(values[3:]) * 255
    assert np.abs(pixels - expected).max() <= 1


def test_sixteen_bits_of_three_colours():
    deep = np.asarray(PHOTO, np.uint16) * 257
    for extension in (".tif", ".png"):
        pixels = decode(cv2.imencode(extension, deep[..., ::-1])[1].tobytes(), LIMITS).pixels
        assert np.array_equal(pixels, np.asarray(PHOTO))


def test_deep_colours_count_by_the_memory_they_take():
    data = cv2.imencode(".tif", SHARES.astype(np.float64))[1].tobytes()
    pixels = PHOTO.width * PHOTO.height
    assert decode(data, Limits(10_000_000, 6 * pixels)).width == PHOTO.width
    with pytest.raises(ImageTooManyPixels):
        decode(data, Limits(10_000_000, 5 * pixels))


def test_a_tile_counts_as_an_image():
    data = tiff(Page(Image.new("L", (64, 64)), {322: 32768, 323: 16384}))
    with pytest.raises(ImageTooManyPixels, match="32768 x 16384"):
        decode(data, LIMITS)


def test_a_truncated_floating_point_image_is_damaged():
    data = cv2.imencode(".tif", SHARES, [cv2.IMWRITE_TIFF_COMPRESSION, 1])[1].tobytes()
    with pytest.raises(ImageUnreadable):
        decode(data[: len(data) // 2], LIMITS)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "PA", "CMYK", "YCbCr", "LAB", "I", "F", "RGBA", "RGBX"])
def test_all_modes_of_tiff(mode: str):
    see_through = PHOTO.convert("RGBA")
    image = see_through.convert("PA") if mode == "PA" else PHOTO.convert("L").convert(mode) if mode in "IF" else None
    data = encoded(image or PHOTO.convert(mode), "TIFF")
    assert decode(data, LIMITS).pixels.shape == (240, 200, 3)


def see_through() -> bytes:
    image = PHOTO.convert("RGBA")
    image.paste((10, 20, 30, 0), (0, 0, 100, 240))
    return encoded(image, "AVIF", quality=95)


def without_size_of_alpha(data: bytes) -> bytes:
    """Return an AVIF whose alpha has no size of its own, as some encoders wrote them."""
    associations = data.index(b"ipma") + 12
    count = data[associations + 2]
    alpha = associations + 3 + count + 3
    # The second property takes the place of the first, which is the size, and is then there twice.
    return changed(data, alpha, data[alpha + 1 : alpha + 2])


def test_an_avif_with_an_incompletely_described_alpha():
    pixels = decode(without_size_of_alpha(see_through()), LIMITS).pixels.astype(int)
    assert (pixels[:, :96] > 250).all()
    assert np.abs(pixels[:, 104:] - np.asarray(PHOTO, int)[:, 104:]).mean() < 4


@pytest.mark.parametrize("flags", [b"\0\0\0", b"\0\0\1"])
def test_an_incompletely_described_avif_has_limits(flags: bytes):
    data = without_size_of_alpha(see_through()).replace(b"ispe\0\0\0\0", b"ispe\0" + flags)
    with pytest.raises(ImageTooManyPixels):
        decode(data, Limits(len(data), 1000))


@pytest.mark.parametrize(("width", "height"), [(8160, 6144), (8192, 6144), (9248, 6944)])
def test_photographs_of_telephones_with_50_and_64_megapixels(width: int, height: int):
    decoded = decode(encoded(Image.new("L", (width, height), 90), "JPEG"), LIMITS)
    assert (decoded.width, decoded.height, decoded.reduction) == (width, height, 4)
