"""A folder of photographs with a sub-folder for each person."""

from dataclasses import dataclass
from pathlib import Path

EXAMPLE = (
    "Put the photographs of each person into a separate sub-folder, such as people/ann/1.jpg, people/ann/2.jpg, "
    "people/bo/1.jpg."
)


@dataclass(frozen=True, slots=True)
class Photograph:
    """A file and the person it shows."""

    person: str
    path: Path


def find_people(folder: Path) -> list[Path]:
    """Return every person's sub-folder, by name, without hidden ones."""
    return sorted(path for path in folder.iterdir() if path.is_dir() and not _is_hidden(path))


def find_photographs(folder: Path) -> list[Photograph]:
    """Return the files in every person's sub-folder, by name, without hidden ones.

    Other files than photographs are included; the service refuses them.
    """
    found = [Photograph(person.name, path) for person in find_people(folder) for path in sorted(person.rglob("*"))]
    return [each for each in found if each.path.is_file() and not _is_hidden(each.path)]


def _is_hidden(path: Path) -> bool:
    return path.name.startswith(".")
