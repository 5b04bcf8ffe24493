"""The photographs of a folder, and the person on each."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pi_heif import register_heif_opener
from PIL import Image, ImageOps

register_heif_opener()

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff", ".bmp", ".gif", ".heic", ".heif"})


@dataclass(frozen=True)
class Photograph:
    """A file, and its name relative to the measured folder, as tables of pairs write it."""

    path: Path
    name: str

    @property
    def person(self) -> str | None:
        """The sub-folder the file lies in; None directly in the measured folder."""
        person, slash, _ = self.name.partition("/")
        return person if slash else None

    def size(self) -> tuple[int, int]:
        """Width and height in pixels, upright."""
        with Image.open(self.path) as image:
            return ImageOps.exif_transpose(image).size


def find_photographs(folder: Path) -> list[Photograph]:
    """All photographs below a folder, by name. Raises ValueError when there is none."""
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not files:
        raise ValueError(f"{folder.name} contains no photographs.")
    return [Photograph(path, path.relative_to(folder).as_posix()) for path in files]


def by_person(photographs: Iterable[Photograph]) -> dict[str, list[Photograph]]:
    """The photographs of each person; those in no person's sub-folder are left out."""
    people: dict[str, list[Photograph]] = {}
    for photograph in photographs:
        if photograph.person is not None:
            people.setdefault(photograph.person, []).append(photograph)
    return people


def most_central(boxes: Iterable[tuple[float, float, float, float]], size: tuple[int, int]) -> int:
    """Return the box `[left, top, right, bottom]` nearest to the middle of the image: the labelled face.

    Labelled collections crop their photographs around the labelled face; others at the edge are bystanders.
    """
    width, height = size

    def distance(box: tuple[float, float, float, float]) -> float:
        left, top, right, bottom = box
        return (left + right - width) ** 2 + (top + bottom - height) ** 2

    distances = [distance(box) for box in boxes]
    return distances.index(min(distances))
