"""Reads zip archives from people who may mean no good: nothing is unpacked to a disk, and everything is bounded."""

import re
import stat
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from apiserver.problems import (
    ArchiveBomb,
    ArchiveTooManyFiles,
    ArchiveUnreadable,
    ArchiveUnsafe,
    ImageTooLarge,
    Problem,
)

_DIRECTORY_BYTES_A_FILE = 160
"""What a file may take in the archive's directory, on average: 46 bytes, its name and its times."""

_MIN_BOMB_BYTES = 10_000_000
"""An archive that unpacks to no more is no bomb, however well its files could be packed."""

_DRIVE = re.compile("[A-Za-z]:")
_ENCRYPTED = 0x1
_METHODS = (ZIP_STORED, ZIP_DEFLATED)  # others, such as LZMA, may ask for any amount of memory


@dataclass(frozen=True, slots=True)
class ZipLimits:
    """What an archive may hold: so many files, in all so many times its own size, each of so many bytes."""

    most_files: int
    most_expansion: int
    max_file_bytes: int

    @property
    def longest_read(self) -> int:
        """Bytes that reading an archive within these limits asks for at once, at most."""
        return max(_DIRECTORY_BYTES_A_FILE * self.most_files, self.max_file_bytes + 65_536)


def open_zip(file: BinaryIO, size_bytes: int, limits: ZipLimits) -> ZipFile:
    """Return the archive once its directory is found harmless.

    Raises ArchiveUnreadable, ArchiveTooManyFiles, ArchiveUnsafe or ArchiveBomb.
    """
    with reading_zip():
        archive = ZipFile(file)
    files = archive.infolist()
    if len(files) > limits.most_files:
        raise ArchiveTooManyFiles(
            f"The archive has {len(files):,} files, more than the {limits.most_files:,} of APISERVER_MAX_IMPORT_FILES; "
            "split it, or have that raised."
        )
    for info in files:
        _check(info)
    if len({info.filename for info in files}) < len(files):
        raise ArchiveUnsafe("The archive has several files of one name.")
    expanded = sum(info.file_size for info in files)
    if expanded > max(size_bytes * limits.most_expansion, _MIN_BOMB_BYTES):
        raise ArchiveBomb(
            f"The archive unpacks to {expanded:,} bytes, more than {limits.most_expansion} times its size."
        )
    return archive


def read_member(archive: ZipFile, info: ZipInfo, most_bytes: int) -> bytes:
    """Return what a file of the archive holds. Raises ImageTooLarge, or ArchiveUnreadable where it is damaged.

    No more than `most_bytes` are ever unpacked, whatever the archive says.
    """
    if info.file_size > most_bytes:
        raise ImageTooLarge
    with reading_zip(), archive.open(info) as member:
        content = member.read(info.file_size)
        member.read(1)  # where its end is passed the checksum is compared
    if len(content) != info.file_size:
        raise ArchiveUnreadable(f"{info.filename} is shorter in the archive than it should be.")
    return content


def people_files(archive: ZipFile) -> list[tuple[str, ZipInfo]]:
    """Return whose photograph each file is, by the folder it is in, in the order of their names.

    Hidden files, what macOS adds, and files outside of any folder belong to nobody. Where one folder holds all the
    others, as when a whole folder was packed, its name is nobody's.
    """
    found = [(info.filename.split("/"), info) for info in archive.infolist() if not info.is_dir()]
    found = [(parts, info) for parts, info in found if not _is_hidden(parts)]
    wrapped = _is_wrapped([parts for parts, _ in found])
    people = [(parts[1:] if wrapped else parts, info) for parts, info in found]
    named = [(parts[0], info) for parts, info in people if len(parts) > 1]
    return sorted(named, key=lambda one: one[1].filename)


def _is_wrapped(paths: Sequence[Sequence[str]]) -> bool:
    return len({parts[0] for parts in paths}) == 1 and all(len(parts) > 2 for parts in paths)


def _is_hidden(parts: Sequence[str]) -> bool:
    return any(part.startswith(".") for part in parts) or parts[0] == "__MACOSX"


def _check(info: ZipInfo) -> None:
    name = info.orig_filename
    parts = name.removesuffix("/").split("/")
    if "\\" in name or "\0" in name or _DRIVE.match(name) or {"", ".", ".."} & set(parts):
        raise ArchiveUnsafe(f"The archive has a file named {name!r}, which leads out of it.")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise ArchiveUnsafe(f"The archive has a link, {name!r}.")
    if info.flag_bits & _ENCRYPTED:
        raise ArchiveUnreadable("The archive is encrypted.")
    if info.compress_type not in _METHODS:
        raise ArchiveUnreadable(f"{name!r} is packed by another method than deflate.")


@contextmanager
def reading_zip() -> Iterator[None]:
    """Turn the errors that zipfile and zlib have for damaged archives into a problem."""
    try:
        yield
    except Problem:
        raise
    except (BadZipFile, NotImplementedError, EOFError, struct.error, zlib.error, ValueError, OSError) as error:
        raise ArchiveUnreadable from error
