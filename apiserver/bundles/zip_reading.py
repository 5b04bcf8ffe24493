"""Reading of zip archives from untrusted clients: nothing is unpacked to disk, and everything is limited."""

import stat
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from apiserver.bundles.zip_names import path_of
from apiserver.problems import (
    ArchiveBomb,
    ArchiveTooManyFiles,
    ArchiveUnreadable,
    ArchiveUnsafe,
    ImageTooLarge,
    Problem,
)

_DIRECTORY_BYTES_A_FILE = 160
"""Average size of an entry in the central directory: 46 bytes, the name, and timestamps."""

_MIN_BOMB_BYTES = 10_000_000
"""An archive that unpacks to at most this size is never a bomb, whatever its compression ratio."""

_ENCRYPTED = 0x1
_METHODS = (ZIP_STORED, ZIP_DEFLATED)  # others, such as LZMA, may require any amount of memory


@dataclass(frozen=True, slots=True)
class ZipLimits:
    """Limits of an archive: number of files, ratio of unpacked to packed size, and size of a file."""

    max_files: int
    max_expansion: int
    max_file_bytes: int

    @property
    def max_read_bytes(self) -> int:
        """Maximum number of bytes that zipfile reads at once from an archive within these limits."""
        return max(_DIRECTORY_BYTES_A_FILE * self.max_files, self.max_file_bytes + 65_536)


def open_zip(file: BinaryIO, size_bytes: int, limits: ZipLimits, encoding: str | None = None) -> ZipFile:
    """Open an archive and check its central directory; the `filename` of each entry becomes its path in the archive.

    encoding: the code page of names; see `path_of`. Raises ArchiveUnreadable, ArchiveTooManyFiles, ArchiveUnsafe or
    ArchiveBomb.
    """
    with reading_zip():
        archive = ZipFile(file)
    files = archive.infolist()
    if len(files) > limits.max_files:
        raise ArchiveTooManyFiles(
            f"The archive has {len(files):,} files; the limit (APISERVER_MAX_IMPORT_FILES) is {limits.max_files:,}. "
            "Import it in parts, or ask the operator to raise the limit."
        )
    for info in files:
        _check(info)
        info.filename = path_of(info, encoding)
    members = [info for info in files if info.filename and not info.is_dir()]
    archive.NameToInfo = {}
    for info in members:
        if info.filename in archive.NameToInfo:
            raise ArchiveUnsafe(f"The archive has several files with the same name, {info.filename!r}.")
        archive.NameToInfo[info.filename] = info
    expanded = sum(info.file_size for info in files)
    if expanded > max(size_bytes * limits.max_expansion, _MIN_BOMB_BYTES):
        raise ArchiveBomb(
            f"The archive unpacks to {expanded:,} bytes, more than {limits.max_expansion} times its size."
        )
    return archive


def read_member(archive: ZipFile, info: ZipInfo, max_bytes: int) -> bytes:
    """Return the content of a file in the archive. Raises ImageTooLarge, or ArchiveUnreadable if it is damaged.

    Never unpacks more than `max_bytes`, whatever size the archive declares.
    """
    if info.file_size > max_bytes:
        raise ImageTooLarge
    with reading_zip(), archive.open(info) as member:
        content = member.read(info.file_size)
        member.read(1)  # zipfile compares the checksum at the end of the file
    if len(content) != info.file_size:
        raise ArchiveUnreadable(f"{info.filename} is truncated in the archive.")
    return content


def _check(info: ZipInfo) -> None:
    name = info.orig_filename
    if stat.S_ISLNK(info.external_attr >> 16):
        raise ArchiveUnsafe(f"The archive has a symbolic link {name!r}.")
    if info.flag_bits & _ENCRYPTED:
        raise ArchiveUnreadable("The archive is encrypted; send it without encryption.")
    if info.compress_type not in _METHODS:
        raise ArchiveUnreadable(f"{name!r} uses an unsupported compression method; use deflate.")


@contextmanager
def reading_zip() -> Iterator[None]:
    """Translate the errors of zipfile and zlib for damaged archives into ArchiveUnreadable."""
    try:
        yield
    except Problem:
        raise
    except UnicodeDecodeError as error:
        raise ArchiveUnreadable("The archive states that its names are UTF-8, but one of them is not.") from error
    except (BadZipFile, NotImplementedError, EOFError, struct.error, zlib.error, ValueError, OSError) as error:
        raise ArchiveUnreadable from error
