"""Takes everything out of an image file that is not needed to show its picture."""

import struct
from collections.abc import Callable

from apiserver.metadata import bmp, gif, heif, jpeg, png, tiff, webp

_FORMATS: tuple[tuple[Callable[[bytes], bool], Callable[[bytes], bytes]], ...] = (
    (lambda data: data.startswith(b"\xff\xd8\xff"), jpeg.stripped),
    (lambda data: data.startswith(png.SIGNATURE), png.stripped),
    (webp.is_webp, webp.stripped),
    (heif.is_heif, heif.stripped),
    (tiff.is_tiff, tiff.stripped),
    (lambda data: data.startswith((b"GIF87a", b"GIF89a")), gif.stripped),
    (lambda data: data.startswith(b"BM"), bmp.stripped),
)


def stripped(data: bytes) -> bytes | None:
    """Return an image file with the same pixels, orientation and colours, and nothing else that can be left out.

    Of several images, the one that is analysed stays. Coded pixels are neither read nor changed. None if the format or
    the structure is not known well enough for that, for instance because the file is cut or damaged.
    """
    strip = next((strip for is_format, strip in _FORMATS if is_format(data)), None)
    if strip is None:
        return None
    try:
        return strip(data)
    except (ValueError, LookupError, OverflowError, struct.error):
        return None
