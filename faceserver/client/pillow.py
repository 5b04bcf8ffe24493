"""Images of Pillow as the service sees the files they come from: upright, 8 bits, RGB, transparent pixels white.

Pillow is imported where it is used: it is slow, and the client works without it.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

_GREY_OF_16_BITS = "I;16"
_MODES_WITHOUT_RANGE = frozenset({"I", "F"})
"""Modes whose values have no fixed range; those of one image are stretched to the range of a photograph."""


def upright(image: "Image") -> "Image":
    """Return the present frame of an image, turned by the EXIF orientation that the image still carries.

    The image itself is not changed. Raises OSError if its file cannot be read, and TypeError for a mode that cannot be
    converted to RGB.
    """
    image.load()
    try:
        return _rgb(_turned(image))
    except ValueError as error:
        raise TypeError(f"This image of Pillow, of mode {image.mode}, cannot be converted to RGB: {error}.") from error


def _turned(image: "Image") -> "Image":
    from PIL import ImageOps  # noqa: PLC0415

    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # noqa: BLE001 - odd metadata must not refuse a photograph; Pillow raises anything here
        return image


def _rgb(image: "Image") -> "Image":
    from PIL import Image  # noqa: PLC0415

    if image.mode.startswith(_GREY_OF_16_BITS):
        image = _scaled(image, 0, 65535)
    elif image.mode in _MODES_WITHOUT_RANGE:
        image = _scaled(image, *image.getextrema())
    if not image.has_transparency_data:
        return image.convert("RGB")
    opaque = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), opaque).convert("RGB")


def _scaled(image: "Image", low: float, high: float) -> "Image":
    """Return grey values from `low` to `high` as 8 bits."""
    scale = 255 / max(high - low, 1e-9)
    return image.convert("F").point(lambda value: value * scale - low * scale).convert("L")
