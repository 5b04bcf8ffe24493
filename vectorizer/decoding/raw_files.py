"""Recognizes RAW files of cameras, which are refused: all that image libraries see of them is a small preview."""

import re

from vectorizer.decoding.tiff import TiffImage, images_of, is_tiff
from vectorizer.problems import InvalidFileFormat

_HINT = (
    "this is a camera's RAW file, which is not supported; convert it, or let the camera save JPEG or HEIF, "
    "and send that photograph"
)

_BEGINNINGS = {
    b"FUJIFILMCCD-RAW": "image/x-fuji-raf",
    b"FOVb": "image/x-sigma-x3f",
    b"\0MRM": "image/x-minolta-mrw",
    b"IIU\0": "image/x-panasonic-rw2",
    b"IIRO": "image/x-olympus-orf",
    b"IIRS": "image/x-olympus-orf",
    b"MMOR": "image/x-olympus-orf",
    b"II\x1a\0\0\0HEAPCCDR": "image/x-canon-crw",
    b"ARRI": "image/x-arri-raw",
    b"RAWADOBE": "image/x-raw",
}

_HEADERS = {
    re.compile(rb"....ftypcrx ", re.DOTALL): "image/x-canon-cr3",
    re.compile(rb"II\*\0\x10\0\0\0CR\x02"): "image/x-canon-cr2",
    re.compile(rb"II\*\0....IIII.waR|MM\0\*....MMMMRaw", re.DOTALL): "image/x-phaseone-iiq",
}

_OF_MAKER = {
    "canon": "image/x-canon-cr2",
    "nikon": "image/x-nikon-nef",
    "sony": "image/x-sony-arw",
    "pentax": "image/x-pentax-pef",
    "ricoh": "image/x-pentax-pef",
    "samsung": "image/x-samsung-srw",
    "hasselblad": "image/x-hasselblad-3fr",
    "epson": "image/x-epson-erf",
    "kodak": "image/x-kodak-dcr",
    "eastman": "image/x-kodak-dcr",
    "mamiya": "image/x-mamiya-mef",
    "leaf": "image/x-leaf-mos",
}
"""Media types of files that have TIFF's structure, by the first letters of the maker."""


def refuse_raw(data: bytes) -> None:
    """Raise InvalidFileFormat if a file is a camera's RAW file, by its first bytes or by its structure."""
    media_type = _by_beginning(data) or (_by_structure(images_of(data)) if is_tiff(data) else None)
    if media_type:
        raise InvalidFileFormat(media_type, _HINT)


def _by_beginning(data: bytes) -> str | None:
    for beginning, media_type in _BEGINNINGS.items():
        if data.startswith(beginning):
            return media_type
    return next((media_type for header, media_type in _HEADERS.items() if header.match(data)), None)


def _by_structure(images: list[TiffImage]) -> str | None:
    if not any(image.is_raw for image in images):
        return None
    if any(image.is_dng for image in images):
        return "image/x-adobe-dng"
    make = images[0].make.lower()
    return next((media_type for maker, media_type in _OF_MAKER.items() if make.startswith(maker)), "image/x-raw")
