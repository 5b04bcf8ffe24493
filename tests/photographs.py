"""Photographs of real faces, from the installed packages, and what can be made of them."""

from collections.abc import Sequence
from importlib.resources import files
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image
from skimage import data


def astronaut() -> Image.Image:
    """Return one large face: 512 x 512."""
    return Image.fromarray(data.astronaut())


def actor() -> Image.Image:
    """Return one face that fills the picture: 112 x 112."""
    return _insightface("Tom_Hanks_54745.png")


def six_people() -> Image.Image:
    """Return six faces: 1280 x 886."""
    return _insightface("t1.jpg")


def nobody() -> Image.Image:
    """Return a photograph of a cup of coffee: 600 x 400."""
    return Image.fromarray(data.coffee())


_TOO_COARSE = {4, 5, 9, 13, 16, 17, 19, 21, 25, 29, 30, 32, 37, 47, 48, 54, 59, 64, 65, 67, 68, 76, 78, 82, 83, 85, 86}
CLEAR_STRANGERS = tuple(number for number in range(88) if number not in _TOO_COARSE)
"""The numbers of those strangers who can be recognized, with recognizability to spare."""


def stranger(number: int) -> Image.Image:
    """Return one of the 100 faces of 25 x 25 pixels that scikit-image contains, enlarged: 200 x 200."""
    pixels = (data.lfw_subset()[number] * 255).astype(np.uint8)
    return Image.fromarray(pixels).resize((200, 200), Image.Resampling.BICUBIC).convert("RGB")


def beside(*images: Image.Image) -> Image.Image:
    """Return the images in one, from left to right."""
    row = Image.new("RGB", (sum(image.width for image in images), max(image.height for image in images)))
    left = 0
    for image in images:
        row.paste(image, (left, 0))
        left += image.width
    return row


def around(image: Image.Image, box: Sequence[int], margin: float = 0.4) -> Image.Image:
    """Return the part of `image` around a face's box, wider by `margin` of its size on every side."""
    left, top, right, bottom = box
    across, down = margin * (right - left), margin * (bottom - top)
    return image.crop((int(left - across), int(top - down), int(right + across), int(bottom + down)))


def encoded(image: Image.Image, file_format: str = "JPEG", **options: Any) -> bytes:
    """Return the image as a file's bytes."""
    file = BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def _insightface(name: str) -> Image.Image:
    content = files("insightface").joinpath("data", "images", name).read_bytes()
    return Image.open(BytesIO(content)).convert("RGB")
