"""Previews: upright JPEGs of photographs that browsers cannot show."""

import io

import numpy as np
import pytest
from PIL import Image

import tests.heif  # noqa: F401 - writes HEIC
from tests.integration.apiserver.conftest import encoded

pytestmark = pytest.mark.asyncio(loop_scope="module")

RED, BLUE = (200, 30, 30), (30, 30, 200)
ORIENTATIONS = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1), 5: (0, 0), 6: (1, 0), 7: (1, 1), 8: (0, 1)}
"""In which corner, right and lower, the upper left pixels of the file are shown."""


def flag(width, height):
    """A blue picture with a red upper left quarter."""
    image = Image.new("RGB", (width, height), BLUE)
    image.paste(RED, (0, 0, width // 2, height // 2))
    return image


def written(image, image_format, **options):
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


def opened(answer):
    """Return the picture and the size of what it shows."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/jpeg"
    picture = Image.open(io.BytesIO(answer.content))
    assert (picture.format, dict(picture.getexif())) == ("JPEG", {})
    return picture, (int(answer.headers["x-image-width"]), int(answer.headers["x-image-height"]))


async def sent(gateway, photograph, **fields):
    return await gateway.post("/preview", data=fields, files={"file": photograph})


@pytest.mark.parametrize("image_format", ["HEIF", "TIFF", "BMP", "PNG", "WEBP", "GIF", "AVIF"])
async def test_every_format_becomes_a_jpeg(shared_gateway, image_format):
    picture, size = opened(await sent(shared_gateway, written(flag(640, 400), image_format), size=320))
    assert (picture.size, size) == ((320, 200), (640, 400))
    pixels = np.asarray(picture).astype(int)
    for place, colour in (((20, 20), RED), ((180, 300), BLUE)):
        assert np.abs(pixels[place] - colour).max() < 30


@pytest.mark.parametrize("orientation", ORIENTATIONS)
async def test_it_is_upright(shared_gateway, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture, size = opened(await sent(shared_gateway, written(flag(400, 300), "JPEG", exif=exif)))
    assert picture.size == size == ((400, 300) if orientation < 5 else (300, 400))
    right, lower = ORIENTATIONS[orientation]
    pixels = np.asarray(picture).astype(int)
    corner = pixels[-20 if lower else 20, -20 if right else 20]
    assert np.abs(corner - RED).max() < 30


@pytest.mark.parametrize(
    ("image", "fields", "expected"),
    [
        ((6000, 4000), {}, (2048, 1365)),
        ((6000, 4000), {"size": 4096}, (4096, 2731)),
        ((3000, 2000), {"size": 2900}, (2900, 1933)),
        ((30, 20), {}, (30, 20)),
        ((4000, 16), {"size": 16}, (16, 1)),
    ],
)
async def test_its_size_is_bounded(shared_gateway, image, fields, expected):
    picture, size = opened(await sent(shared_gateway, written(flag(*image), "JPEG"), **fields))
    assert (picture.size, size) == (expected, image)


async def test_of_a_kept_photograph(shared_gateway, ann):
    file = written(Image.open(io.BytesIO(ann)), "TIFF")
    learned = (
        await shared_gateway.post("/learn", data={"person": "ann", "directory": "previews"}, files={"file": file})
    ).json()
    answer = await shared_gateway.get(f"{learned['url']}/preview", params={"size": 128})
    picture, size = opened(answer)
    assert (max(picture.size), size) == (128, Image.open(io.BytesIO(ann)).size)
    assert answer.headers["cache-control"] == "private, max-age=300"
    missing = await shared_gateway.get("/files/00000000-0000-8000-8000-000000000000.tif/preview")
    assert (missing.status_code, missing.json()["code"]) == (404, "file-not-found")


@pytest.mark.parametrize(
    ("photograph", "fields", "code"),
    [
        (b"", {}, "file-empty"),
        (b"no photograph", {}, "invalid-file-format"),
        (encoded(flag(20, 20)), {"size": "5000"}, "invalid-field"),
        (encoded(flag(20, 20)), {"size": "0"}, "invalid-field"),
        (encoded(flag(20, 20)), {"width": "20"}, "unknown-field"),
        (encoded(flag(400, 400))[:300], {}, "image-unreadable"),
    ],
)
async def test_what_cannot_be_shown(shared_gateway, photograph, fields, code):
    answer = await shared_gateway.post("/preview", data=fields, files={"file": ("a.jpg", photograph)})
    assert answer.json()["code"] == code
