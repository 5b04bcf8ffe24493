"""HEIF for the tests: the services' library only reads it, so that another one, a plugin of pytest's, writes it."""

from typing import IO

import pillow_heif
from pi_heif import register_heif_opener
from PIL import Image


def _save(image: Image.Image, file: IO[bytes], _: str | bytes) -> None:
    options = {"exif": image.getexif().tobytes() or None, **image.encoderinfo}
    pillow_heif.from_pillow(image).save(file, **options)


register_heif_opener()  # first: it would take the suffix back
Image.register_save("HEIF", _save)
