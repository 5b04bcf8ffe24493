"""A folder of photographs with a sub-folder for each person."""

from dataclasses import dataclass
from pathlib import Path

from faceserver.problems import CalibrationError


@dataclass(frozen=True, slots=True)
class Photograph:
    """A file, and whom it shows."""

    person: str
    path: Path


def find_photographs(folder: Path) -> list[Photograph]:
    """Return the files in every person's sub-folder, by name. Raises CalibrationError unless there are two people.

    What is no photograph the service will say; hidden files are none.
    """
    people = sorted(path for path in folder.iterdir() if path.is_dir() and not _hidden(path))
    if len(people) < 2:
        raise CalibrationError(
            f"{folder} has {len(people) or 'no'} sub-folder{'s' * (len(people) != 1)}. Put the photographs of each "
            "person into a sub-folder of their own, as people/ann/1.jpg, people/ann/2.jpg, people/bo/1.jpg."
        )
    found = [Photograph(person.name, path) for person in people for path in sorted(person.rglob("*"))]
    return [one for one in found if one.path.is_file() and not _hidden(one.path)]


def _hidden(path: Path) -> bool:
    return path.name.startswith(".")
