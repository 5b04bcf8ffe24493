"""From the bytes of a file to upright RGB pixels, within limits that are checked before anything is decoded."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import BytesIO

import cv2
import filetype
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError
from pillow_heif import register_heif_opener

from vectorizer.problems import ImageMissing, ImageTooLarge, ImageTooManyPixels, ImageUnreadable, InvalidFileFormat

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

_READABLE = frozenset(f"image/{name}" for name in ("jpeg", "png", "webp", "avif", "tiff", "bmp", "gif", "heic", "heif"))

_MEDIA_TYPES = {"MPO": "image/jpeg", "HEIF": "image/heic"}
"""Media types that browsers know, in place of Pillow's."""

_JPEG_FLAGS = {
    1: cv2.IMREAD_COLOR_RGB,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}
"""OpenCV's flags to decode a JPEG at one n-th of its size, without the highest frequencies of each block."""

_TURNS: dict[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    1: lambda stored: stored,
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.transpose(1, 0, 2),
    6: lambda stored: stored.transpose(1, 0, 2)[:, ::-1],
    7: lambda stored: stored.transpose(1, 0, 2)[::-1, ::-1],
    8: lambda stored: stored.transpose(1, 0, 2)[::-1],
}
"""How to turn pixels of each EXIF orientation upright (CIPA DC-008, 4.6.5.1, tag 274)."""

_MIN_SWAPPED = 5
"""Orientations of at least this number exchange width and height."""

_MIN_REDUCED_SIDE = 1920
"""Longer side, pixels, that a reduced JPEG keeps at least: three times what the detector sees."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest image that is decoded."""

    max_bytes: int
    max_pixels: int


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
    enough is decoded at a half, a quarter or an eighth of its size.
    Raises ImageMissing, ImageTooLarge, InvalidFileFormat, ImageTooManyPixels or ImageUnreadable.
    """
    if not data:
        raise ImageMissing
    if len(data) > limits.max_bytes:
        raise ImageTooLarge(limits.max_bytes)
    with _open(data) as image:
        if image.width * image.height > limits.max_pixels:
            raise ImageTooManyPixels(image.width, image.height, limits.max_pixels)
        return _decode(image, data)


def _decode(image: Image.Image, data: bytes) -> DecodedImage:
    image_format = image.format or ""
    names = _MEDIA_TYPES.get(image_format) or Image.MIME[image_format], _EXTENSIONS[image_format]
    try:
        if not _is_plain_jpeg(image, data):
            pixels = _decode_any(image)
            return DecodedImage(pixels, pixels.shape[1], pixels.shape[0], *names, reduction=1, in_full=lambda: pixels)
        orientation, reduction = _orientation(image), _reduction(image)
        pixels = _decode_jpeg(data, orientation, reduction)
    # Decoders raise almost anything for damaged data: OSError, SyntaxError, struct.error, EOFError, cv2.error, …
    except Exception as error:
        raise ImageUnreadable(image_format) from error
    width, height = image.size if orientation < _MIN_SWAPPED else image.size[::-1]
    return DecodedImage(pixels, width, height, *names, reduction, partial(_decode_jpeg, data, orientation, 1))


def _open(data: bytes) -> Image.Image:
    """Read the header only."""
    try:
        return Image.open(BytesIO(data), formats=_OPENED)
    except UnidentifiedImageError as error:
        media_type = _media_type(data)
        if media_type in _READABLE:
            raise ImageUnreadable(media_type.removeprefix("image/").upper()) from error
        raise InvalidFileFormat(media_type) from error
    except Exception as error:
        raise ImageUnreadable("image") from error


def _media_type(data: bytes) -> str:
    """The media type of a file that is not an image read here."""
    guessed: str | None = filetype.guess_mime(data)
    if guessed:
        return guessed
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "application/octet-stream" if "\0" in text else "text/plain"


def _is_plain_jpeg(image: Image.Image, data: bytes) -> bool:
    """Whether OpenCV can decode this file, which takes two thirds of Pillow's time.

    OpenCV fills the missing part of a truncated file with grey. A complete file has an end-of-image marker after the
    last start-of-scan marker; scan data cannot contain that marker, since 0xFF is only followed by 0 or a restart
    number there (ITU-T T.81, B.1.1.5).
    """
    return (
        image.format in {"JPEG", "MPO"}
        and image.mode in {"RGB", "L"}
        and data.rfind(b"\xff\xd9") > data.rfind(b"\xff\xda")
    )


def _reduction(image: Image.Image) -> int:
    """The largest n for which one n-th of the image is enough."""
    return max(n for n in _JPEG_FLAGS if n == 1 or max(image.size) >= n * _MIN_REDUCED_SIDE)


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1, as stored, if it cannot be read."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # noqa: BLE001 - odd metadata must not refuse a photograph; Pillow raises anything here
        return 1
    return orientation if orientation in _TURNS else 1


def _decode_jpeg(data: bytes, orientation: int, reduction: int) -> NDArray[np.uint8]:
    """Decode at one `reduction`-th of the size, upright. Raises ValueError if OpenCV cannot."""
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), _JPEG_FLAGS[reduction] | cv2.IMREAD_IGNORE_ORIENTATION)
    if decoded is None:
        raise ValueError("OpenCV cannot decode this JPEG.")
    rgb = decoded if reduction == 1 else cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB)
    return np.ascontiguousarray(_TURNS[orientation](rgb.astype(np.uint8, copy=False)))


def _decode_any(image: Image.Image) -> NDArray[np.uint8]:
    """Decode with Pillow, upright. It turns some formats itself, and then reports orientation 1."""
    image.load()
    orientation = _orientation(image)
    return np.ascontiguousarray(_TURNS[orientation](np.asarray(_to_rgb(image))))


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        image = _to_8_bit(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")


def _to_8_bit(image: Image.Image) -> Image.Image:
    """Reduce grey values of 16 or 32 bits; floats and 32-bit integers are scaled from their own range."""
    values = np.asarray(image, np.float64)
    if image.mode.startswith("I;16"):
        low, high = 0.0, 65535.0
    else:
        low, high = float(values.min()), float(values.max())
    scaled = (values - low) * (255 / max(high - low, np.finfo(np.float64).tiny))
    return Image.fromarray(scaled.round().astype(np.uint8))
