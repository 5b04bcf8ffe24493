"""A folder of photographs with a sub-folder for each person."""

from dataclasses import dataclass
from pathlib import Path

EXAMPLE = (
    "Put the photographs of each person into a sub-folder of their own, as people/ann/1.jpg, people/ann/2.jpg, "
    "people/bo/1.jpg."
)


@dataclass(frozen=True, slots=True)
class Photograph:
    """A file, and whom it shows."""

    person: str
    path: Path


def find_people(folder: Path) -> list[Path]:
    """Return every person's sub-folder, by name; hidden ones are none."""
    return sorted(path for path in folder.iterdir() if path.is_dir() and not _hidden(path))


def find_photographs(folder: Path) -> list[Photograph]:
    """Return the files in every person's sub-folder, by name.

    What is no photograph the service will say; hidden files are none.
    """
    found = [Photograph(person.name, path) for person in find_people(folder) for path in sorted(person.rglob("*"))]
    return [one for one in found if one.path.is_file() and not _hidden(one.path)]


def _hidden(path: Path) -> bool:
    return path.name.startswith(".")
