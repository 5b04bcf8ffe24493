"""A folder of photographs with a sub-folder for each person, by the same rule as an archive."""

from dataclasses import dataclass
from pathlib import Path

from faceserver.photograph_files import files_below
from serving.layout import layout_of


@dataclass(frozen=True, slots=True)
class Photograph:
    """A file and the person it shows."""

    person: str
    path: Path


@dataclass(frozen=True, slots=True)
class PeopleFolder:
    """The photographs of people in a folder, and the files that are not imported, with the reason; both by name.

    problem: why there is no photograph, as a sentence.
    """

    photographs: tuple[Photograph, ...]
    skipped: tuple[tuple[Photograph, str], ...]
    problem: str | None


def find_photographs(folder: Path) -> PeopleFolder:
    """Return who is who in a folder."""
    unreadable: list[OSError] = []
    files = files_below(folder, unreadable.append)
    layout = layout_of(path.relative_to(folder).as_posix() for path in files if path.is_file())
    skipped = [(Photograph(file.person, folder / file.path), file.reason) for file in layout.skipped]
    skipped += [(Photograph("", Path(error.filename)), f"{error.strerror}.") for error in unreadable]
    photographs = tuple(Photograph(file.person, folder / file.path) for file in layout.photographs)
    return PeopleFolder(photographs, tuple(skipped), layout.problem(str(folder)))
