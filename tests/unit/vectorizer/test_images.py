"""Every file becomes upright RGB pixels or a named problem."""

import struct
import zlib
from resource import RUSAGE_SELF, getrusage

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.unit.vectorizer.image_files import LIMITS, PHOTO, chunk, encoded
from vectorizer.decoding.budget import Limits
from vectorizer.decoding.opencv import decode_jpeg
from vectorizer.decoding.picture import anywhere
from vectorizer.images import decode
from vectorizer.problems import ImageMissing, ImageTooLarge, ImageTooManyPixels, ImageUnreadable, InvalidFileFormat


def difference(data: bytes, image: Image.Image = PHOTO) -> float:
    pixels = decode(data, LIMITS).pixels
    assert pixels.shape == (image.height, image.width, 3)
    assert pixels.dtype == np.uint8
    return float(np.abs(pixels.astype(float) - np.asarray(image.convert("RGB"), float)).mean())


@pytest.mark.parametrize(
    ("image_format", "media_type", "extension"),
    [
        ("JPEG", "image/jpeg", "jpg"),
        ("PNG", "image/png", "png"),
        ("WEBP", "image/webp", "webp"),
        ("AVIF", "image/avif", "avif"),
        ("TIFF", "image/tiff", "tif"),
        ("BMP", "image/bmp", "bmp"),
        ("GIF", "image/gif", "gif"),
        ("HEIF", "image/heic", "heic"),
    ],
)
def test_formats_are_detected_from_content(image_format: str, media_type: str, extension: str):
    data = encoded(PHOTO, image_format)
    decoded = decode(data, LIMITS)
    assert (decoded.media_type, decoded.extension) == (media_type, extension)
    assert difference(data) < 8


def rotated_by_exif(image: Image.Image, orientation: int) -> Image.Image:
    """Return the image as a camera in this orientation stores it."""
    turned = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    return image.transpose(turned[orientation]) if orientation in turned else image


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_orientation_is_applied(orientation: int, image_format: str):
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert difference(encoded(rotated_by_exif(PHOTO, orientation), image_format, exif=exif)) < 8


@pytest.fixture(scope="module")
def large() -> Image.Image:
    return PHOTO.resize((3200, 3840))


@pytest.fixture(scope="module")
def reduced(large: Image.Image) -> NDArray[np.float32]:
    return np.asarray(large.resize((1600, 1920), Image.Resampling.BOX), np.float32)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_large_jpegs_are_decoded_smaller_and_upright(
    orientation: int, large: Image.Image, reduced: NDArray[np.float32]
):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(rotated_by_exif(large, orientation), "JPEG", exif=exif)
    decoded = decode(data, LIMITS)
    assert (decoded.width, decoded.height, decoded.reduction) == (3200, 3840, 2)
    assert decoded.pixels.shape == (1920, 1600, 3)
    assert np.abs(decoded.pixels - reduced).mean() < 2
    some = np.s_[::4, ::4]
    assert np.abs(decoded.in_full()[some] - np.asarray(large, np.int16)[some]).mean() < 2


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("size", [PHOTO.size, (3840, 3200)])
def test_jpegs_are_written_where_their_pixels_belong(orientation: int, size: tuple[int, int]):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(PHOTO.resize(size), "JPEG", exif=exif)
    places: list[NDArray[np.uint8]] = []

    def place(rows: int, columns: int) -> NDArray[np.uint8]:
        places.append(anywhere(rows, columns))
        return places[-1]

    decoded = decode(data, LIMITS, place)
    assert [decoded.pixels.ctypes.data] == [pixels.ctypes.data for pixels in places]
    assert np.array_equal(decoded.pixels, decode(data, LIMITS).pixels)


@pytest.mark.parametrize(
    "options", [{}, {"subsampling": 0}, {"subsampling": 1}, {"keep_rgb": True}, {"restart_marker_rows": 1}]
)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_jpegs_have_the_pixels_of_opencv(mode: str, options: dict[str, object]):
    data = encoded(PHOTO.convert(mode), "JPEG", **options)
    assert np.array_equal(decode(data, LIMITS).pixels, decode_jpeg(data, 1))


def test_a_photograph_with_malformed_metadata_is_accepted():
    broken = b"Exif\0\0" + b"no TIFF header here"
    for image_format in ("JPEG", "PNG", "WEBP"):
        assert difference(encoded(PHOTO, image_format, exif=broken, dpi=(72, 72))) < 8


def test_an_orientation_given_only_by_xmp():
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    stored = rotated_by_exif(PHOTO, 6)
    assert difference(encoded(stored, "JPEG", xmp=xmp)) < 8


def test_a_truncated_jpeg_is_detected_even_with_a_complete_preview():
    preview = encoded(PHOTO.resize((50, 60)), "JPEG")
    whole = encoded(PHOTO, "JPEG", comment=preview)
    assert difference(whole) < 8
    with pytest.raises(ImageUnreadable):
        decode(whole[:-50], LIMITS)


def test_heif_is_rotated_by_its_property_not_by_exif():
    # ISO/IEC 23008-12: the rotation is the property irot, which the decoder applies; the EXIF tag repeats it.
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = PHOTO.transpose(Image.Transpose.ROTATE_90)
    assert difference(encoded(stored, "HEIF", exif=exif), stored) < 8


def test_grey_becomes_rgb():
    grey = PHOTO.convert("L")
    assert difference(encoded(grey, "PNG"), grey) == 0


def test_sixteen_bits_keep_their_brightness():
    grey = PHOTO.convert("L")
    deep = Image.fromarray(np.asarray(grey, np.uint16) * 257)
    assert deep.mode == "I;16"
    assert difference(encoded(deep, "PNG"), grey) < 1
    assert difference(encoded(deep, "TIFF"), grey) < 1


def test_float_image_fills_the_range():
    values = np.linspace(0, 1, 64 * 64, dtype=np.float32).reshape(64, 64)
    pixels = decode(encoded(Image.fromarray(values), "TIFF"), LIMITS).pixels
    assert (pixels.min(), pixels.max()) == (0, 255)


def test_cmyk_looks_as_printed():
    assert difference(encoded(PHOTO.convert("CMYK"), "JPEG", quality=95)) < 8


def test_transparent_pixels_become_white():
    see_through = PHOTO.convert("RGBA")
    see_through.paste((10, 20, 30, 0), (0, 0, 100, 240))
    for image_format in ("PNG", "WEBP"):
        pixels = decode(encoded(see_through, image_format, lossless=True), LIMITS).pixels
        assert (pixels[:, :100] == 255).all()
        assert np.array_equal(pixels[:, 100:], np.asarray(PHOTO)[:, 100:])


def test_pixels_of_which_none_is_transparent_stay():
    for image_format in ("PNG", "WEBP"):
        opaque = encoded(PHOTO.convert("RGBA"), image_format, lossless=True)
        assert np.array_equal(decode(opaque, LIMITS).pixels, np.asarray(PHOTO))


def test_palette_with_transparency():
    palette = Image.new("P", (32, 32), 1)
    palette.putpalette([200, 0, 0, 0, 0, 200])
    palette.paste(0, (0, 0, 16, 32))
    pixels = decode(encoded(palette, "PNG", transparency=0), LIMITS).pixels
    assert (pixels[0, 0] == 255).all()
    assert pixels[0, 31].tolist() == [0, 0, 200]


def test_first_frame_of_an_animation():
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "lime", "blue")]
    for image_format in ("GIF", "WEBP"):
        data = encoded(frames[0], image_format, save_all=True, append_images=frames[1:], duration=40)
        red, green, blue = decode(data, LIMITS).pixels[20, 20]
        assert red > 200
        assert max(green, blue) < 60


def test_mpo_is_a_jpeg():
    other = Image.new("RGB", PHOTO.size, "blue")
    data = encoded(PHOTO, "MPO", save_all=True, append_images=[other])
    assert decode(data, LIMITS).media_type == "image/jpeg"
    assert difference(data) < 8


def test_one_pixel():
    assert decode(encoded(Image.new("RGB", (1, 1), "red"), "PNG"), LIMITS).pixels.shape == (1, 1, 3)


def test_an_empty_file_is_a_missing_image():
    with pytest.raises(ImageMissing):
        decode(b"", LIMITS)


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"dear server, this is not a photograph", "text/plain"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "text/plain"),
        (b"%PDF-1.4\n%", "application/pdf"),
        (b"8BPS\0\1" + b"\0" * 40, "image/vnd.adobe.photoshop"),
        (bytes(100), "application/octet-stream"),
        (b"\xff\xfe\xfa\x00\x81", "application/octet-stream"),
    ],
)
def test_other_file_formats_are_named_in_the_refusal(data: bytes, media_type: str):
    with pytest.raises(InvalidFileFormat, match=f"^Invalid file format {media_type}$"):
        decode(data, LIMITS)


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "GIF", "HEIF"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_damaged_files_are_refused_with_their_format(image_format: str, share: float):
    data = encoded(PHOTO, image_format)
    with pytest.raises((ImageUnreadable, InvalidFileFormat)):
        decode(data[: int(len(data) * share)], LIMITS)


def test_too_many_bytes():
    with pytest.raises(ImageTooLarge, match="larger than 10 bytes"):
        decode(encoded(PHOTO, "PNG"), Limits(max_bytes=10, max_pixels=50_000_000))


def bomb(side: int) -> bytes:
    """A PNG of side x side black pixels in a few kB."""
    row = bytes(1 + side // 8)
    pixels = zlib.compressobj(9)
    data = b"".join(pixels.compress(row) for _ in range(side)) + pixels.flush()

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def test_a_bomb_is_refused_by_its_header():
    data = bomb(30_000)
    assert len(data) < 300_000
    before = getrusage(RUSAGE_SELF).ru_maxrss
    with pytest.raises(ImageTooManyPixels, match="30000 x 30000"):
        decode(data, LIMITS)
    assert getrusage(RUSAGE_SELF).ru_maxrss - before < 50_000  # kB; decoded it would be 900,000
