"""From the bytes of a file to upright RGB pixels, within limits that are checked before anything is decoded."""

from dataclasses import dataclass
from io import BytesIO

import filetype
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
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
"""What is read, by Pillow's names, and the file extension each is stored under."""

_OPENED = [name for name in _EXTENSIONS if name != "MPO"]
"""An MPO, a JPEG that carries more images, is opened as a JPEG."""

_READABLE = frozenset(f"image/{name}" for name in ("jpeg", "png", "webp", "avif", "tiff", "bmp", "gif", "heic", "heif"))

_MEDIA_TYPES = {"MPO": "image/jpeg", "HEIF": "image/heic"}
"""Where Pillow's media type is not the one a browser knows."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest image that is decoded."""

    max_bytes: int
    max_pixels: int


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """An image as a person sees it. pixels: (height, width, 3) RGB."""

    pixels: NDArray[np.uint8]
    media_type: str
    extension: str


def decode(data: bytes, limits: Limits) -> DecodedImage:
    """Decode the first frame of an image file, whatever it is called, and turn it upright by its EXIF orientation.

    Grey, palette, CMYK and 16-bit images become 8-bit RGB; transparent places become white.
    Raises ImageMissing, ImageTooLarge, InvalidFileFormat, ImageTooManyPixels or ImageUnreadable.
    """
    if not data:
        raise ImageMissing
    if len(data) > limits.max_bytes:
        raise ImageTooLarge(limits.max_bytes)
    with _open(data) as image:
        if image.width * image.height > limits.max_pixels:
            raise ImageTooManyPixels(image.width, image.height, limits.max_pixels)
        image_format = image.format or ""
        try:
            pixels = np.asarray(_to_rgb(_upright(image)))
        # Pillow's decoders raise whatever they stumble over: OSError, SyntaxError, struct.error, EOFError, …
        except Exception as error:
            raise ImageUnreadable(image_format) from error
        media_type = _MEDIA_TYPES.get(image_format) or Image.MIME[image_format]
        return DecodedImage(pixels, media_type, _EXTENSIONS[image_format])


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
    """The media type of something that is no image read here."""
    guessed: str | None = filetype.guess_mime(data)
    if guessed:
        return guessed
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "application/octet-stream" if "\0" in text else "text/plain"


def _upright(image: Image.Image) -> Image.Image:
    """Decode and apply the EXIF orientation."""
    image.load()
    return ImageOps.exif_transpose(image)


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        image = _to_8_bit(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")


def _to_8_bit(image: Image.Image) -> Image.Image:
    """Reduce grey values of 16 or 32 bits; floats and 32-bit integers are taken as filling their own range."""
    values = np.asarray(image, np.float64)
    if image.mode.startswith("I;16"):
        low, high = 0.0, 65535.0
    else:
        low, high = float(values.min()), float(values.max())
    scaled = (values - low) * (255 / max(high - low, np.finfo(np.float64).tiny))
    return Image.fromarray(scaled.round().astype(np.uint8))
