"""The formats of image files that are read, by the beginning of a file."""

from enum import StrEnum


class Format(StrEnum):
    """A format of image files, as settings name it."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    AVIF = "avif"
    TIFF = "tiff"
    BMP = "bmp"
    GIF = "gif"
    HEIC = "heic"


def format_of(data: bytes) -> Format | None:
    """Return the format whose decoder would read a file; None if none would.

    Of two formats that share a container, AVIF and HEIC, the brands decide (ISO/IEC 14496-12, 4.3).
    """
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Format.WEBP
    if data[4:8] == b"ftyp":
        brands = data[8 : int.from_bytes(data[:4])]
        return Format.AVIF if b"avif" in brands or b"avis" in brands else Format.HEIC
    return next((kind for beginning, kind in _BEGINNINGS.items() if data.startswith(beginning)), None)


_BEGINNINGS = {
    b"\xff\xd8\xff": Format.JPEG,
    b"\x89PNG\r\n\x1a\n": Format.PNG,
    b"II*\0": Format.TIFF,
    b"MM\0*": Format.TIFF,
    b"II+\0": Format.TIFF,
    b"MM\0+": Format.TIFF,
    b"BM": Format.BMP,
    b"GIF87a": Format.GIF,
    b"GIF89a": Format.GIF,
}
