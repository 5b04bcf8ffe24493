"""Any kind of pixels to 8-bit RGB, a band of rows at a time, so that a large image is not copied as a whole."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from vectorizer.decoding.opencv import ORIENTATIONS, rgb_of_bgr, rgb_of_grey
from vectorizer.decoding.picture import Place, anywhere

_BAND_PIXELS = 1 << 20


def bands(height: int, width: int) -> Iterator[slice]:
    """Yield slices of rows with about one million pixels each, from the top to the bottom."""
    rows = max(1, _BAND_PIXELS // max(width, 1))
    for top in range(0, height, rows):
        yield slice(top, min(top + rows, height))


def orientation_of(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1, as stored, if it cannot be read."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # noqa: BLE001 - odd metadata must not refuse a photograph; Pillow raises anything here
        return 1
    return orientation if orientation in ORIENTATIONS else 1


def orientation_of_metadata(exif: bytes, xmp: bytes) -> int:
    """The EXIF orientation that a file's EXIF, or its XMP, says; 1 if there is none."""
    image = Image.new("1", (1, 1))
    image.info |= {"exif": exif, "xmp": xmp}
    return orientation_of(image)


def rgb_of_image(image: Image.Image, place: Place = anywhere) -> NDArray[np.uint8]:
    """Return (rows, columns, 3) of a decoded image, a large one in memory of `place`; transparent pixels become white.

    Grey values of 16 bits are divided by 257; floats and 32-bit integers are scaled from their own range.
    """
    deep = image.mode.startswith(("I", "F"))
    if not deep and image.height * image.width <= _BAND_PIXELS:
        return np.asarray(_on_white(image))
    low, high = _range_of_image(image) if deep else (0, 255)
    pixels = place(image.height, image.width)
    for band in bands(image.height, image.width):
        part = image.crop((0, band.start, image.width, band.stop))
        if deep:
            pixels[band] = rgb_of_grey(_to_8_bit(np.asarray(part), low, high))
        else:
            pixels[band] = np.asarray(_on_white(part))
    return pixels


def rgb_of_samples(samples: NDArray[np.generic], place: Place = anywhere) -> NDArray[np.uint8]:
    """Return (rows, columns, 3) RGB, in memory of `place`, of grey, BGR or BGRA samples of any type.

    samples: (rows, columns[, channels]).
    """
    samples = samples if samples.ndim > 2 else samples[..., None]
    channels = samples.shape[2]
    pixels = place(*samples.shape[:2])
    low, high = _range_of_samples(samples[..., : 1 if channels < 3 else 3])
    for band in bands(*samples.shape[:2]):
        if channels < 3:
            pixels[band] = _to_8_bit(samples[band, :, :1], low, high)
        else:
            pixels[band] = rgb_of_bgr(_bgr_on_white(samples[band], low, high))
    return pixels


def _bgr_on_white(samples: NDArray[np.generic], low: float, high: float) -> NDArray[np.uint8]:
    colours = _to_8_bit(samples[..., :3], low, high)
    if samples.shape[2] == 4:
        # An alpha of floats is a share; other alphas have the range of their type.
        alpha = _to_8_bit(samples[..., 3:], 0, 1 if samples.dtype.kind == "f" else _top(samples))
        if alpha.min(initial=255) < 255:  # most photographs are opaque, and blending takes longer than decoding
            share = alpha.astype(np.float32) / 255
            return (colours * share + 255 * (1 - share)).round().astype(np.uint8)
    return np.ascontiguousarray(colours)


def _on_white(image: Image.Image) -> Image.Image:
    if image.has_transparency_data:
        image = image.convert("RGBA")
        if image.getchannel("A").getextrema() != (255, 255):  # most photographs are opaque
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image if image.mode == "RGB" else image.convert("RGB")


def _range_of_image(image: Image.Image) -> tuple[float, float]:
    if image.mode.startswith("I;16"):
        return 0, 65535
    parts = (image.crop((0, band.start, image.width, band.stop)) for band in bands(image.height, image.width))
    return _range(map(np.asarray, parts))


def _range_of_samples(samples: NDArray[np.generic]) -> tuple[float, float]:
    if samples.dtype in (np.uint8, np.uint16):
        return 0, _top(samples)
    return _range(samples[band] for band in bands(*samples.shape[:2]))


def _top(samples: NDArray[np.generic]) -> int:
    """The greatest value of an integer type."""
    return int(np.iinfo(samples.dtype.name).max)


def _range(parts: Iterator[NDArray[np.generic]]) -> tuple[float, float]:
    """The least and the greatest of all finite values; 0 and 1 if there are none."""
    low, high = np.inf, -np.inf
    for part in parts:
        finite = part[np.isfinite(part)] if part.dtype.kind == "f" else part
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    return (low, high) if low <= high else (0, 1)


def _to_8_bit(values: NDArray[np.generic], low: float, high: float) -> NDArray[np.uint8]:
    if (low, high) == (0, 255) and values.dtype == np.uint8:
        return values.astype(np.uint8, copy=False)
    if (low, high) == (0, 65535) and values.dtype == np.uint16:
        return _BYTE_OF_16_BITS.take(values.astype(np.uint16, copy=False))
    shares = (values.astype(np.float64) - low) / max(high - low, np.finfo(np.float64).tiny)
    return (np.nan_to_num(shares, posinf=1, neginf=0).clip(0, 1) * 255).round().astype(np.uint8)


_BYTE_OF_16_BITS: NDArray[np.uint8] = (np.arange(65536) / 257).round().astype(np.uint8)
