"""From the bytes of a file to upright RGB pixels, within limits that are checked before anything is decoded."""

import warnings
from collections.abc import Callable
from functools import partial
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from pi_heif import register_heif_opener
from PIL import Image, ImageFile, UnidentifiedImageError

from vectorizer.decoding import avif, jpeg, opencv, png, tiff, webp
from vectorizer.decoding.budget import LargePictureError, Limits
from vectorizer.decoding.containers import transferred_part, with_room
from vectorizer.decoding.formats import Format, format_of
from vectorizer.decoding.gif_blocks import check_blocks
from vectorizer.decoding.heif_items import check_items, has_av1
from vectorizer.decoding.jpeg_parts import check_parts
from vectorizer.decoding.opencv import MIN_SWAPPED, upright
from vectorizer.decoding.picture import DecodedImage, Place, anywhere
from vectorizer.decoding.pixels import (
    orientation_of,
    orientation_of_metadata,
    rgb_of_image,
    rgb_of_samples,
)
from vectorizer.decoding.raw_files import refuse_raw
from vectorizer.decoding.rows import MIN_SHARE, NotEnoughRowsError, decode_padded, load_incomplete
from vectorizer.decoding.variants import media_type_of, unsupported_variant
from vectorizer.problems import (
    ImageMissing,
    ImageTooLarge,
    ImageUnreadable,
    InvalidFileFormat,
    Refused,
)

__all__ = ["DecodedImage", "Limits", "decode"]

register_heif_opener()
# Of odd metadata Pillow warns once for each field, on standard error; none of it refuses a photograph.
warnings.filterwarnings("ignore", module=r"PIL\.")
# Pillow's own guard against decompression bombs is a process-wide constant; `decode` checks the header instead.
Image.MAX_IMAGE_PIXELS = None

_EXTENSIONS = {Format.JPEG: "jpg", Format.TIFF: "tif"}
"""File extensions that are not the name of the format."""

_PLUGINS = {
    Format.JPEG: ["JPEG"],
    Format.PNG: ["PNG"],
    Format.WEBP: ["WEBP"],
    Format.AVIF: ["AVIF"],
    Format.TIFF: ["TIFF"],
    Format.BMP: ["BMP"],
    Format.GIF: ["GIF"],
    Format.HEIC: ["HEIF"],
}
"""What Pillow opens a format with. An MPO, which is a JPEG with further images, is opened as a JPEG."""

_BY_ROWS = frozenset({"PNG", "TIFF", "BMP", "GIF"})
"""Formats whose decoders write rows as they come to them."""

_READABLE = frozenset(f"image/{name}" for name in ("jpeg", "png", "webp", "avif", "tiff", "bmp", "gif", "heic", "heif"))

_RUN_LENGTHS = frozenset({1, 2})
"""Compressions of a BMP by run lengths."""

_MIN_REDUCED_SIDE = 1920
"""Longer side, pixels, that a reduced JPEG keeps at least: three times what the detector sees."""


def decode(data: bytes, limits: Limits, place: Place = anywhere) -> DecodedImage:
    """Decode the first frame of an image file, whatever it is called, and turn it upright by its EXIF orientation.

    Grey, palette, CMYK and 16-bit images become 8-bit RGB; transparent pixels become white. A JPEG that is large
    enough is decoded at a half, a quarter or an eighth of its size. A file whose end is missing is decoded if it has
    95 % of its rows. Pixels are written into memory of `place` where that avoids a copy.
    Raises ImageMissing, ImageTooLarge, InvalidFileFormat, ImageTooManyPixels, ImageTooCostly or ImageUnreadable; or
    LargePictureError, as the limits say.
    """
    if not data:
        raise ImageMissing
    if len(data) > limits.max_bytes:
        raise ImageTooLarge(limits.max_bytes)
    try:
        return _decode(data, limits, place)
    except (Refused, LargePictureError):
        raise
    # Decoders raise almost anything for damaged data: OSError, SyntaxError, struct.error, EOFError, cv2.error, …
    except Exception as error:
        media_type = media_type_of(data)
        if media_type not in _READABLE:
            raise InvalidFileFormat(media_type) from error
        if variant := unsupported_variant(data, error):
            raise InvalidFileFormat(media_type, variant) from error
        raise ImageUnreadable(media_type.removeprefix("image/").upper()) from error


def _decode(data: bytes, limits: Limits, place: Place) -> DecodedImage:
    refuse_raw(data)
    image_format = format_of(data)
    if image_format is None:
        raise ValueError("The file is of no format that is read.")
    _check_format(data, image_format, limits)
    if image_format is Format.JPEG:
        return _decode_jpeg(data, limits, place)
    return _DECODERS[image_format](data, limits, place)


def _check_format(data: bytes, image_format: Format, limits: Limits) -> None:
    """Raise InvalidFileFormat if a format is switched off."""
    coded = {image_format} | ({Format.AVIF} if image_format is Format.HEIC and has_av1(data) else set())
    for refused in sorted(coded - limits.formats):
        read = ", ".join(str(kept).upper() for kept in Format if kept in limits.formats)
        raise InvalidFileFormat(f"image/{refused}", f"this service is set to read {read} only; send one of these")


def _decode_png(data: bytes, limits: Limits, place: Place) -> DecodedImage:
    return _decode_any(png.without_ancillary(data), limits, Format.PNG, place)


def _decode_gif(data: bytes, limits: Limits, place: Place) -> DecodedImage:
    check_blocks(data)
    return _decode_any(data, limits, Format.GIF, place)


def _decode_bmp(data: bytes, limits: Limits, place: Place) -> DecodedImage:
    with _open(data, limits, Format.BMP) as opened:
        packed = opened.info["compression"] in _RUN_LENGTHS
    if not packed:
        return _decode_any(data, limits, Format.BMP, place)
    # Pillow unpacks run lengths in Python. OpenCV leaves black what is missing.
    if len(data) < MIN_SHARE * int.from_bytes(data[2:6], "little"):
        raise NotEnoughRowsError
    return _whole(_rgb_by_opencv(data), Format.BMP)


def _rgb_by_opencv(data: bytes) -> NDArray[np.uint8]:
    samples = opencv.decode_samples(data)
    if samples is None:
        raise ValueError("OpenCV cannot decode this file.")
    return rgb_of_samples(samples)


def _decode_webp(data: bytes, limits: Limits, place: Place) -> DecodedImage:
    webp.still_of(data, limits)
    return _transferred(data, place, lambda whole, where: _decode_whole_webp(whole, limits, where))


def _decode_whole_webp(data: bytes, limits: Limits, place: Place) -> DecodedImage:
    still = webp.still_of(data, limits)
    orientation = orientation_of_metadata(still.exif, still.xmp)
    pixels = webp.decode(still, place if orientation == 1 else anywhere)
    if pixels is None:
        raise ValueError("OpenCV cannot decode this WebP.")
    return _whole(upright(pixels, orientation, place), Format.WEBP)


def _decode_heif(data: bytes, limits: Limits, place: Place) -> DecodedImage:
    check_items(data, limits)
    return _transferred(data, place, lambda whole, where: _decode_any(whole, limits, Format.HEIC, where))


def _decode_avif(data: bytes, limits: Limits, place: Place) -> DecodedImage:
    check_items(data, limits)
    return _transferred(data, place, lambda whole, where: _decode_whole_avif(whole, limits, where))


def _transferred(data: bytes, place: Place, decode_whole: Callable[[bytes, Place], DecodedImage]) -> DecodedImage:
    """Decode what was transferred of a file whose container says how long it is."""
    data, missing = transferred_part(data)
    if not missing:
        return decode_whole(data, place)
    if missing > len(data):
        raise ValueError("More of the file is missing than is there.")
    # Two ways of decoding it are compared, so they cannot have one place.
    return decode_padded(*with_room(data, missing), lambda padded: _with_pixels(decode_whole(padded, anywhere)))


def _with_pixels(image: DecodedImage) -> tuple[DecodedImage, NDArray[np.uint8]]:
    return image, image.pixels


def _open(data: bytes, limits: Limits, image_format: Format) -> ImageFile.ImageFile:
    """Read the header only."""
    image = Image.open(BytesIO(data), formats=_PLUGINS[image_format])
    limits.check_pixels(*image.size)
    return image


def _decode_any(
    data: bytes, limits: Limits, image_format: Format, place: Place, orientation: int | None = None
) -> DecodedImage:
    """Decode with Pillow, upright. It turns some formats itself, and then reports orientation 1.

    orientation: if the file does not say it where Pillow looks for it.
    """
    return _whole(upright(*_pixels_by_pillow(data, limits, image_format, place, orientation), place), image_format)


def _pixels_by_pillow(
    data: bytes, limits: Limits, image_format: Format, place: Place, orientation: int | None
) -> tuple[NDArray[np.uint8], int]:
    """Return pixels as Pillow decodes them, in memory of `place` unless they have to be turned, and the orientation.

    Its image is not kept, so that turning the pixels takes no more memory than decoding them.
    """
    image: Image.Image | None = _loaded(data, limits, image_format)
    if image is None:
        image = load_incomplete(partial(_open, data, limits, image_format))
    orientation = orientation or orientation_of(image)
    return rgb_of_image(image, place if orientation == 1 else anywhere), orientation


def _loaded(data: bytes, limits: Limits, image_format: Format) -> ImageFile.ImageFile | None:
    """Return a decoded image; None if some of it may be missing."""
    image = _open(data, limits, image_format)
    whole = _is_whole(image)
    # What an AVIF was decoded from takes as much memory as its pixels.
    vars(image).pop("_decoder", None)
    image.fp = None
    return image if whole else None


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


def _whole(pixels: NDArray[np.uint8], image_format: Format) -> DecodedImage:
    height, width, _ = pixels.shape
    return DecodedImage(pixels, width, height, *_names(image_format), reduction=1, in_full=lambda: pixels)


def _names(image_format: Format) -> tuple[str, str]:
    """Return media type and file extension."""
    return f"image/{image_format}", _EXTENSIONS.get(image_format, str(image_format))


def _decode_whole_avif(data: bytes, limits: Limits, place: Place) -> DecodedImage:
    try:
        return _decode_any(data, limits, Format.AVIF, place)
    except UnidentifiedImageError:
        pixels = avif.decode_leniently(data)
        if pixels is None:
            raise
        return _whole(pixels, Format.AVIF)


def _decode_tiff(data: bytes, limits: Limits, place: Place) -> DecodedImage:
    images = tiff.images_of(data)
    if not images:
        raise ValueError("The file has no directory of an image.")
    image = tiff.photograph_of(images)
    tiff.check_parts(data, image, limits)
    data = tiff.beginning_with(data, image)
    inherited = images[0].orientation
    try:
        return _decode_any(data, limits, Format.TIFF, place, None if image.orientation else inherited)
    except Refused:
        raise
    except Exception as error:
        if not image.is_common:
            raise InvalidFileFormat("image/tiff", image.kind) from error
        if not isinstance(error, UnidentifiedImageError):
            raise
        stored = _decode_deep_tiff(data, image)
        return _whole(upright(stored, image.orientation or inherited or 1), Format.TIFF)


def _decode_deep_tiff(data: bytes, image: tiff.TiffImage) -> NDArray[np.uint8]:
    """Decode, as stored, what Pillow does not read."""
    if image.end > len(data):
        raise ImageUnreadable("TIFF")
    return tiff.decode_samples(data, image)


def _decode_jpeg(data: bytes, limits: Limits, place: Place) -> DecodedImage:
    check_parts(data)
    with _open(data, limits, Format.JPEG) as image:
        width, height = image.size
        plain = image.mode in {"RGB", "L"}
        reduction = _reduction(image) if plain else 1
        orientation = orientation_of(image)
    decoder = jpeg.by_turbo if plain else jpeg.by_pillow
    data, stored = jpeg.decode(data, decoder, reduction, place if orientation == 1 else anywhere)
    pixels = upright(stored, orientation, place)
    if orientation >= MIN_SWAPPED:
        width, height = height, width
    return DecodedImage(
        pixels,
        width,
        height,
        *_names(Format.JPEG),
        reduction,
        (lambda: upright(decoder(data, 1, anywhere), orientation)) if reduction > 1 else lambda: pixels,
    )


def _reduction(image: Image.Image) -> int:
    """The largest n for which one n-th of the image is enough."""
    return max(n for n in opencv.REDUCTIONS if n == 1 or max(image.size) >= n * _MIN_REDUCED_SIDE)


_DECODERS: dict[Format, Callable[[bytes, Limits, Place], DecodedImage]] = {
    Format.PNG: _decode_png,
    Format.WEBP: _decode_webp,
    Format.AVIF: _decode_avif,
    Format.TIFF: _decode_tiff,
    Format.BMP: _decode_bmp,
    Format.GIF: _decode_gif,
    Format.HEIC: _decode_heif,
}
