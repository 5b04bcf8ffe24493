"""Who is who in a tree of photographs: one rule for archives and folders, which looks at names only.

Each folder is a person, with all photographs below it. Folders around all others are passed over, at any depth.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

EXAMPLE = (
    "Put the photographs of each person into a separate sub-folder, such as people/ann/1.jpg, people/ann/2.jpg, "
    "people/bo/1.jpg."
)

_PHOTOGRAPH = re.compile(
    r"\.(?:jpe?g|jpe|jfif|jif|pjpeg|a?png|webp|avif|tiff?|bmp|dib|gif|hei[cf]s?|hif|jxl|jp[2fx]|j2k"
    r"|3fr|arw|cr[23w]|dcr|dng|erf|iiq|kdc|mef|mos|mrw|nef|nrw|orf|pef|raf|raw|rw2|rwl|sr2|srf|srw|x3f)",
    re.IGNORECASE,
)
"""Suffixes of photographs, including those that the service does not read: it says so."""

_SYSTEM_NAMES = frozenset(
    (
        *("__macosx", "icon\r", "thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "system volume information"),
        *("@eadir", "#recycle", "lost+found"),
    )
)
"""What macOS, Windows and network drives add to folders."""

_SPLITS = frozenset(("train", "training", "val", "valid", "validation", "test", "testing"))
"""The folders among which data sets for machine learning divide the photographs of the same people."""

_NOT_A_LETTER = re.compile(r"[\W\d_]+")


@dataclass(frozen=True, slots=True)
class Placed:
    """A file, by its path, and the person in whose folder it is, "" if it is in nobody's."""

    person: str
    path: str


@dataclass(frozen=True, slots=True)
class Skipped(Placed):
    """A file that is not imported, and the reason as a code and a sentence."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Layout:
    """The photographs of people and the files that are not imported, without hidden ones, in the order of their paths.

    flat: the only folder, if its photographs are named like those of several people; then there is no photograph.
    """

    photographs: tuple[Placed, ...]
    skipped: tuple[Skipped, ...]
    flat: str | None = None

    def problem(self, where: str) -> str | None:
        """Return why `where` has nobody to import, as a sentence; None if it has."""
        if self.photographs:
            return None
        sentences = f"{where} contains no photographs of people. {EXAMPLE}"
        if self.flat:
            sentences += (
                f" All are in one folder, {self.flat}, under different names; if they show one person, number them: "
                f"{self.flat}/1.jpg, {self.flat}/2.jpg."
            )
        return sentences


def layout_of(paths: Iterable[str]) -> Layout:
    """Return who is who in a tree of files, which are given by their paths from its root, with `/`."""
    tree = [(path, unicodedata.normalize("NFC", path).split("/")) for path in sorted(paths)]
    tree = [(path, parts) for path, parts in tree if not any(map(is_hidden, parts))]
    named = [parts for _, parts in tree if _PHOTOGRAPH.fullmatch(_suffix(parts))]
    people = _People.of(named or [parts for _, parts in tree if not _suffix(parts)])
    photographs: list[Placed] = []
    skipped: list[Skipped] = []
    for path, parts in tree:
        person = people.shown_by(parts)
        if person and (not _suffix(parts) or _PHOTOGRAPH.fullmatch(_suffix(parts))):
            photographs.append(Placed(person, path))
        else:
            skipped.append(Skipped(person, path, *_reason(parts)))
    return Layout(tuple(photographs), tuple(skipped), people.flat)


def is_hidden(name: str) -> bool:
    """Tell whether a file or a folder of this name is neither a photograph nor worth a mention."""
    return name.startswith(".") or name.casefold() in _SYSTEM_NAMES


@dataclass(frozen=True, slots=True)
class _People:
    """The folders of people, and the folders around them, outermost first, with several names on a level of splits."""

    around: Sequence[frozenset[str]]
    folders: frozenset[str]
    flat: str | None = None

    @classmethod
    def of(cls, photographs: Sequence[Sequence[str]]) -> "_People":
        around: list[frozenset[str]] = []
        while True:
            depth = len(around)
            photographs = [parts for parts in photographs if len(parts) > depth + 1]
            folders = frozenset(parts[depth] for parts in photographs)
            if not _are_around(folders, frozenset(parts[depth] for parts in photographs if len(parts) > depth + 2)):
                break
            around.append(folders)
        names = [PurePosixPath(parts[-1]).stem for parts in photographs]
        flat = next((folder for folder in folders if len(folders) == 1 and not _is_series(folder, names)), None)
        return cls(around, frozenset(), flat) if flat else cls(around, folders)

    def shown_by(self, parts: Sequence[str]) -> str:
        """Return the person in whose folder a file is; "" if it is in nobody's."""
        depth = len(self.around)
        inside = len(parts) > depth + 1 and all(part in names for part, names in zip(parts, self.around, strict=False))
        return parts[depth] if inside and parts[depth] in self.folders else ""


def _are_around(folders: frozenset[str], with_folders: frozenset[str]) -> bool:
    """Tell whether folders of one level are not people but hold the folders of people."""
    if len(folders) == 1:
        return bool(with_folders)
    return folders == with_folders and bool(folders) and {folder.casefold() for folder in folders} <= _SPLITS


def _is_series(folder: str, names: Iterable[str]) -> bool:
    """Tell whether photographs are named like those of one person: alike except for numbers, or after their folder."""
    words = {_letters(name) for name in names}
    return len(words) == 1 or all(not word or word.startswith(_letters(folder) or "\0") for word in words)


def _letters(name: str) -> str:
    return _NOT_A_LETTER.sub("", name).casefold()


def _suffix(parts: Sequence[str]) -> str:
    return PurePosixPath(parts[-1]).suffix


def _reason(parts: Sequence[str]) -> tuple[str, str]:
    if _PHOTOGRAPH.fullmatch(_suffix(parts)):
        return "no-person", "The photograph is in no person's folder."
    return "not-a-photograph", "By its name, the file is not a photograph."
