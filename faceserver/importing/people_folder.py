"""A folder of photographs with a sub-folder for each person, by the same rule as an archive."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from serving.layout import is_hidden, layout_of


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
    layout = layout_of(path.relative_to(folder).as_posix() for path in _files(folder, unreadable.append))
    skipped = [(Photograph(file.person, folder / file.path), file.reason) for file in layout.skipped]
    skipped += [(Photograph("", Path(error.filename)), f"{error.strerror}.") for error in unreadable]
    photographs = tuple(Photograph(file.person, folder / file.path) for file in layout.photographs)
    return PeopleFolder(photographs, tuple(skipped), layout.problem(str(folder)))


def _files(folder: Path, on_error: Callable[[OSError], None]) -> Iterator[Path]:
    """Yield the files below a folder, without hidden folders; links are followed, but not to a folder around them."""
    around = {folder: frozenset((folder.resolve(),))}
    for name, folders, files in os.walk(folder, onerror=on_error, followlinks=True):
        above = around.pop(Path(name))
        below = {path: path.resolve() for path in (Path(name, each) for each in folders if not is_hidden(each))}
        around |= {path: above | {real} for path, real in below.items() if real not in above}
        folders[:] = [path.name for path in below if path in around]
        yield from (path for path in (Path(name, each) for each in files) if path.is_file())
