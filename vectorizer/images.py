"""From the bytes of a file to upright RGB pixels, within limits that are checked before anything is decoded."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from pi_heif import register_heif_opener
from PIL import Image, ImageFile, UnidentifiedImageError

from vectorizer.decoding import avif, jpeg, opencv, png, tiff
from vectorizer.decoding.containers import transferred_part, with_room
from vectorizer.decoding.pixels import orientation_of, rgb_of_image, upright
from vectorizer.decoding.raw_files import refuse_raw
from vectorizer.decoding.rows import decode_padded, load_incomplete
from vectorizer.decoding.variants import media_type_of, unsupported_variant
from vectorizer.problems import (
    ImageMissing,
    ImageTooLarge,
    ImageTooManyPixels,
    ImageUnreadable,
    InvalidFileFormat,
    Refused,
)

register_heif_opener()
# Pillow's own guard against decompression bombs is a process-wide constant; `decode` checks the header instead.
Image.MAX_IMAGE_PIXELS = None

_EXTENSIONS = {
    "JPEG": "jpg",
    "MPO": "jpg",
    "PNG": "png",
    "WEBP": "webp",
    "AVIF": "avif",
    "TIFF": "tif",
    "BMP": "bmp",
    "GIF": "gif",
    "HEIF": "heic",
}
"""The formats that are read, by Pillow's names, and the file extension of each."""

_OPENED = [name for name in _EXTENSIONS if name != "MPO"]
"""An MPO, which is a JPEG with further images, is opened as a JPEG."""

_BY_ROWS = frozenset({"PNG", "TIFF", "BMP", "GIF"})
"""Formats whose decoders write rows as they come to them."""

_READABLE = frozenset(f"image/{name}" for name in ("jpeg", "png", "webp", "avif", "tiff", "bmp", "gif", "heic", "heif"))

_MEDIA_TYPES = {"MPO": "image/jpeg", "HEIF": "image/heic"}
"""Media types that browsers know, in place of Pillow's."""

_MIN_SWAPPED = 5
"""Orientations of at least this number exchange width and height."""

_MIN_REDUCED_SIDE = 1920
"""Longer side, pixels, that a reduced JPEG keeps at least: three times what the detector sees."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest image that is decoded."""

    max_bytes: int
    max_pixels: int

    def check_pixels(self, width: int, height: int) -> None:
        """Raise ImageTooManyPixels if an image has too many."""
        if width * height > self.max_pixels:
            raise ImageTooManyPixels(width, height, self.max_pixels)


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """An upright image of `width` times `height` pixels.

    pixels: (rows, columns, 3) RGB; a large JPEG is reduced by `reduction`, and `in_full` decodes all of its pixels.
    """

    pixels: NDArray[np.uint8]
    width: int
    height: int
    media_type: str
    extension: str
    reduction: int
    in_full: Callable[[], NDArray[np.uint8]]


def decode(data: bytes, limits: Limits) -> DecodedImage:
    """Decode the first frame of an image file, whatever it is called, and turn it upright by its EXIF orientation.

    Grey, palette, CMYK and 16-bit images become 8-bit RGB; transparent pixels become white. A JPEG that is large
    enough is decoded at a half, a quarter or an eighth of its size. A file whose end is missing is decoded if it has
    95 % of its rows.
    Raises ImageMissing, ImageTooLarge, InvalidFileFormat, ImageTooManyPixels or ImageUnreadable.
    """
    if not data:
        raise ImageMissing
    if len(data) > limits.max_bytes:
        raise ImageTooLarge(limits.max_bytes)
    try:
        return _decode(data, limits)
    except Refused:
        raise
    # Decoders raise almost anything for damaged data: OSError, SyntaxError, struct.error, EOFError, cv2.error, …
    except Exception as error:
        media_type = media_type_of(data)
        if media_type not in _READABLE:
            raise InvalidFileFormat(media_type) from error
        if variant := unsupported_variant(data, error):
            raise InvalidFileFormat(media_type, variant) from error
        raise ImageUnreadable(media_type.removeprefix("image/").upper()) from error


def _decode(data: bytes, limits: Limits) -> DecodedImage:
    refuse_raw(data)
    if data.startswith(png.SIGNATURE):
        return _decode_any(png.without_ancillary(data), limits)
    if data.startswith(b"\xff\xd8\xff"):
        return _decode_jpeg(data, limits)
    if tiff.is_tiff(data):
        return _decode_tiff(data, limits)
    data, missing = transferred_part(data)
    if not missing:
        return _decode_avif(data, limits) if avif.is_avif(data) else _decode_any(data, limits)
    if missing > len(data):
        raise ValueError("More of the file is missing than is there.")
    return decode_padded(*with_room(data, missing), lambda padded: _with_pixels(_decode_any(padded, limits)))


def _with_pixels(image: DecodedImage) -> tuple[DecodedImage, NDArray[np.uint8]]:
    return image, image.pixels


def _open(data: bytes, limits: Limits) -> ImageFile.ImageFile:
    """Read the header only."""
    image = Image.open(BytesIO(data), formats=_OPENED)
    limits.check_pixels(*image.size)
    return image


def _decode_any(data: bytes, limits: Limits, orientation: int | None = None) -> DecodedImage:
    """Decode with Pillow, upright. It turns some formats itself, and then reports orientation 1.

    orientation: if the file does not say it where Pillow looks for it.
    """
    with _open(data, limits) as opened:
        image: Image.Image = opened if _is_whole(opened) else load_incomplete(partial(_open, data, limits))
        pixels = upright(rgb_of_image(image), orientation or orientation_of(image))
        return _whole(pixels, image.format or "")


def _is_whole(image: ImageFile.ImageFile) -> bool:
    """Load an image; False if some of it may be missing. Raises what decoders that do not write rows raise."""
    try:
        image.load()
    except Exception:
        if image.format not in _BY_ROWS:
            raise
        return False
    # For a PNG whose data ends properly after too few rows, Pillow reports nothing and leaves zeros.
    last_row = (0, image.height - 1, *image.size)
    return image.format != "PNG" or image.crop(last_row).getbbox(alpha_only=False) is not None


def _whole(pixels: NDArray[np.uint8], image_format: str) -> DecodedImage:
    height, width, _ = pixels.shape
    return DecodedImage(pixels, width, height, *_names(image_format), reduction=1, in_full=lambda: pixels)


def _names(image_format: str) -> tuple[str, str]:
    """Return media type and file extension."""
    return _MEDIA_TYPES.get(image_format) or Image.MIME[image_format], _EXTENSIONS[image_format]


def _decode_avif(data: bytes, limits: Limits) -> DecodedImage:
    try:
        return _decode_any(data, limits)
    except UnidentifiedImageError:
        for size in avif.sizes_of(data):
            limits.check_pixels(*size)
        pixels = avif.decode_leniently(data)
        if pixels is None:
            raise
        return _whole(pixels, "AVIF")


def _decode_tiff(data: bytes, limits: Limits) -> DecodedImage:
    images = tiff.images_of(data)
    if not images:
        raise ValueError("The file has no directory of an image.")
    image = tiff.photograph_of(images)
    limits.check_pixels(*image.size)
    limits.check_pixels(*image.tile_size)
    data = tiff.beginning_with(data, image)
    inherited = images[0].orientation
    try:
        return _decode_any(data, limits, None if image.orientation else inherited)
    except Refused:
        raise
    except Exception as error:
        if not image.is_common:
            raise InvalidFileFormat("image/tiff", image.kind) from error
        if not isinstance(error, UnidentifiedImageError):
            raise
        stored = _decode_deep_tiff(data, image, limits)
        return _whole(upright(stored, image.orientation or inherited or 1), "TIFF")


def _decode_deep_tiff(data: bytes, image: tiff.TiffImage, limits: Limits) -> NDArray[np.uint8]:
    """Decode, as stored, what Pillow does not read."""
    Limits(limits.max_bytes, tiff.max_pixels(image, limits.max_pixels)).check_pixels(*image.size)
    if image.end > len(data):
        raise ImageUnreadable("TIFF")
    return tiff.decode_samples(data, image)


def _decode_jpeg(data: bytes, limits: Limits) -> DecodedImage:
    with _open(data, limits) as image:
        width, height = image.size
        # OpenCV takes two thirds of Pillow's time.
        plain = image.mode in {"RGB", "L"}
        reduction = _reduction(image) if plain else 1
        orientation = orientation_of(image)
    decoder = opencv.decode_jpeg if plain else jpeg.by_pillow
    data, stored = jpeg.decode(data, decoder, reduction)
    pixels = upright(stored, orientation)
    if orientation >= _MIN_SWAPPED:
        width, height = height, width
    return DecodedImage(
        pixels,
        width,
        height,
        *_names("JPEG"),
        reduction,
        (lambda: upright(decoder(data, 1), orientation)) if reduction > 1 else lambda: pixels,
    )


def _reduction(image: Image.Image) -> int:
    """The largest n for which one n-th of the image is enough."""
    return max(n for n in opencv.REDUCTIONS if n == 1 or max(image.size) >= n * _MIN_REDUCED_SIDE)
