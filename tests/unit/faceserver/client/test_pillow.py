"""Images of Pillow are sent as the service decodes the files they were read from."""

from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from faceserver.client.photographs import load
from tests.photographs import astronaut, encoded
from vectorizer.decoding.budget import Limits
from vectorizer.images import decode

LIMITS = Limits(max_bytes=10**8, max_pixels=10**8)


def turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x112] = orientation
    return exif


def lying(orientation: int) -> bytes:
    return encoded(astronaut(), exif=turned(orientation))


def transparent() -> Image.Image:
    image = astronaut().convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image


def deep() -> Image.Image:
    return Image.fromarray(np.asarray(astronaut().convert("L")).astype(np.uint16) * 257)


def film(file_format: str) -> bytes:
    frames = [astronaut().rotate(90).quantize(64)]
    return encoded(astronaut().quantize(64), file_format, save_all=True, append_images=frames)


FILES: dict[str, Callable[[], bytes]] = {
    **{f"orientation-{number}": partial(lying, number) for number in range(1, 9)},
    "png": lambda: encoded(astronaut(), "PNG", exif=turned(6)),
    "webp": lambda: encoded(astronaut(), "WEBP", exif=turned(6)),
    "tiff": lambda: encoded(astronaut(), "TIFF", exif=turned(6)),
    "cmyk": lambda: encoded(astronaut().convert("CMYK"), exif=turned(6)),
    "grey": lambda: encoded(astronaut().convert("L"), exif=turned(6)),
    "black-and-white": lambda: encoded(astronaut().convert("1"), "PNG"),
    "palette": lambda: encoded(astronaut().quantize(200), "PNG", exif=turned(6)),
    "transparent": lambda: encoded(transparent(), "PNG", exif=turned(6)),
    "transparent-grey": lambda: encoded(transparent().convert("LA"), "PNG"),
    "transparent-palette": lambda: encoded(transparent().quantize(200), "PNG"),
    "16-bit": lambda: encoded(deep(), "PNG", exif=turned(6)),
    "32-bit": lambda: encoded(astronaut().convert("L").convert("I"), "TIFF"),
    "float": lambda: encoded(astronaut().convert("L").convert("F"), "TIFF"),
    "gif-film": lambda: film("GIF"),
    "tiff-pages": lambda: film("TIFF"),
}


def seen(content: bytes) -> NDArray[np.float64]:
    """Return the pixels that the service sees."""
    return decode(content, LIMITS).pixels.astype(float)


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


@pytest.mark.parametrize("make", FILES.values(), ids=FILES)
def test_an_opened_image_is_sent_as_its_file_is_seen(make: Callable[[], bytes]):
    content = make()

    _, sent = load(opened(content))

    assert seen(sent).shape == seen(content).shape
    assert np.abs(seen(sent) - seen(content)).mean() < 3


@pytest.mark.parametrize(
    "derive", [ImageOps.exif_transpose, lambda image: image.convert("RGB"), lambda image: image.copy()]
)
def test_an_image_is_turned_exactly_once(derive: Callable[[Image.Image], Image.Image]):
    content = encoded(astronaut().crop((0, 0, 400, 512)), exif=turned(6))
    image = derive(opened(content))
    size, exif = image.size, dict(image.getexif())

    _, sent = load(image)

    assert np.abs(seen(sent) - seen(content)).mean() < 3
    assert (image.size, dict(image.getexif())) == (size, exif), "the image itself is as it was"


def test_the_present_frame_is_sent():
    image = opened(film("GIF"))
    image.seek(1)

    assert load(image) == load(image.convert("RGB"))
    assert load(image) != load(opened(film("GIF")))


def test_metadata_that_cannot_be_read_refuses_no_image():
    image = astronaut()
    image.info["exif"] = b"Exif\0\0no directory"

    assert load(image) == load(astronaut())


def test_a_truncated_file_is_said_when_it_is_sent(tmp_path: Path):
    (tmp_path / "ann.jpg").write_bytes(encoded(astronaut())[:9000])
    with Image.open(tmp_path / "ann.jpg") as image, pytest.raises(OSError, match="truncated"):
        load(image)
