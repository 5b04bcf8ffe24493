"""The photographs of a load: named sets, or a folder."""

from collections.abc import Callable
from importlib.resources import files
from io import BytesIO
from itertools import chain
from pathlib import Path
from random import Random

from PIL import Image

from bench.photographs.folder import Photograph, find_photographs

GROUPS = frozenset(
    {"17.jpg", "faces_faceonnx.jpg", "img1.jpeg", "img6.webp", "img8.jpeg", "selfie2_faceonnx.jpg", "selfie_hpc203.jpg"}
)
"""Photographs of ten to over a hundred people."""

NOBODY = ("chelsea.png", "coffee.png", "hubble_deep_field.jpg", "rocket.jpg")
"""Photographs of scikit-image without people."""

MIXED_SCALES = (0.3, 0.5, 0.8, 1.0, 1.25)
"""The mixed set has each of its larger photographs at these scales."""

MIXED_SMALL = 200
"""How many of the mixed set's photographs are small portraits."""


def read_set(name: str, data: Path) -> list[bytes]:
    """Return the files of a set in a fixed, shuffled order.

    name: one of `SETS`, which lie below `data`, or a folder. Raises ValueError for an unknown set.
    """
    if name in SETS:
        images = SETS[name](data)
    elif Path(name).is_dir():
        images = _contents(find_photographs(Path(name)))
    else:
        raise ValueError(f"There are no photographs {name!r}: it is neither a folder nor one of {', '.join(SETS)}.")
    Random(0).shuffle(images)  # noqa: S311 - an order, not a secret
    return images


def set_name(name: str) -> str:
    """Return the name of the photographs in a report: the name of the folder, without its path."""
    return name if name in SETS else Path(name).resolve().name


def _lfw(data: Path) -> list[bytes]:
    return _contents(find_photographs(data / "lfw-dev"))


def _large(data: Path) -> list[bytes]:
    return _contents([photograph for photograph in _everyday(data) if 1e6 <= _pixels(photograph) <= 2e6])


def _groups(data: Path) -> list[bytes]:
    return [(data / "photos" / name).read_bytes() for name in sorted(GROUPS)]


def _nobody(_: Path) -> list[bytes]:
    return [files("skimage").joinpath("data", name).read_bytes() for name in NOBODY]


def _mixed(data: Path) -> list[bytes]:
    """Portraits of a quarter of a megapixel and less, larger photographs, and photographs without people."""
    scaled = (_scaled(photograph, scale) for photograph in _everyday(data) for scale in MIXED_SCALES)
    return list(chain(_lfw(data)[:MIXED_SMALL], scaled, _nobody(data)))


def _everyday(data: Path) -> list[Photograph]:
    """Photographs of one to a few people, as a telephone takes them."""
    found = chain.from_iterable(find_photographs(data / folder) for folder in ("photos", "deepface-pairs"))
    return [photograph for photograph in found if photograph.name not in GROUPS]


def _contents(photographs: list[Photograph]) -> list[bytes]:
    return [photograph.path.read_bytes() for photograph in photographs]


def _pixels(photograph: Photograph) -> int:
    width, height = photograph.size()
    return width * height


def _scaled(photograph: Photograph, scale: float) -> bytes:
    with Image.open(photograph.path) as image:
        size = max(32, round(image.width * scale)), max(32, round(image.height * scale))
        file = BytesIO()
        image.convert("RGB").resize(size).save(file, "JPEG", quality=90)
        return file.getvalue()


SETS: dict[str, Callable[[Path], list[bytes]]] = {
    "lfw": _lfw,
    "large": _large,
    "groups": _groups,
    "nobody": _nobody,
    "mixed": _mixed,
}
"""lfw: 250 x 250. large: 1 to 2 megapixels, one to six people. groups: ten people and more."""
