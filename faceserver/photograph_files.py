"""Photographs among the files of a folder: which they are, and their natural order."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import filetype

from serving.layout import is_hidden

_NUMBER = re.compile(r"(\d+)")
_NOT_AN_IMAGE = "It is not an image."


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that is not looked at, and the reason as a sentence."""

    path: Path
    reason: str


def naturally(path: Path) -> tuple[tuple[tuple[int, str], ...], ...]:
    """Return a key that sorts paths as people count: 2.jpg before 10.jpg."""
    return tuple(tuple(_order(part) for part in _NUMBER.split(name)) for name in path.parts)


def photographs_in(folder: Path, on_skip: Callable[[Skipped], object]) -> Iterator[Path]:
    """Yield the photographs of a folder and its sub-folders, in natural order, without hidden ones."""
    found = files_below(folder, lambda error: on_skip(_unreadable(error)))
    yield from only_images(sorted(found, key=naturally), on_skip)


def pictures_in(folder: Path, on_skip: Callable[[Skipped], object]) -> Iterator[Path]:
    """Yield the photographs directly in a folder, in natural order, without hidden ones. Raises OSError."""
    found = sorted((path for path in folder.iterdir() if not is_hidden(path.name)), key=naturally)
    yield from only_images(found, on_skip)


def files_below(folder: Path, on_error: Callable[[OSError], object]) -> Iterator[Path]:
    """Yield the files below a folder, without hidden ones; links are followed, but not to a folder around them."""
    around = {folder: frozenset((folder.resolve(),))}
    for name, folders, files in os.walk(folder, onerror=on_error, followlinks=True):
        above = around.pop(Path(name))
        below = {path: path.resolve() for path in (Path(name, each) for each in folders if not is_hidden(each))}
        around |= {path: above | {real} for path, real in below.items() if real not in above}
        folders[:] = [path.name for path in below if path in around]
        yield from (Path(name, each) for each in files if not is_hidden(each))


def only_images(paths: list[Path], on_skip: Callable[[Skipped], object]) -> Iterator[Path]:
    """Yield the paths whose content begins as an image's does, whatever their names."""
    for path in paths:
        try:
            is_image = path.is_file() and (filetype.guess_mime(path) or "").startswith("image/")
        except OSError as error:
            on_skip(_unreadable(error))
            continue
        if is_image:
            yield path
        else:
            on_skip(Skipped(path, _NOT_AN_IMAGE))


def _order(part: str) -> tuple[int, str]:
    return (int(part), "") if part.isdecimal() else (-1, part)


def _unreadable(error: OSError) -> Skipped:
    return Skipped(Path(error.filename), f"It cannot be read: {error.strerror}.")
