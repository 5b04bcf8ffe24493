"""Names of the files in zip archives: decoded, and made paths within the archive.

Section 4.4.17 of the zip specification, APPNOTE.TXT, gives `/` between the parts and no drive; its appendix D gives
code page 437 where nothing else is stated.
"""

import re
import struct
import zlib
from encodings import normalize_encoding
from encodings.aliases import aliases
from typing import Annotated
from zipfile import ZipInfo

from pydantic import AfterValidator

from apiserver.problems import ArchiveUnreadable, ArchiveUnsafe

_DEFAULT = "cp437"
_UTF_8 = 0x800
"""The flag of an entry whose name is UTF-8."""

_UNICODE_PATH = 0x7075
"""Info-ZIP's extra field: version 1, CRC-32 of the name as it is stored, and the name in UTF-8."""

_DRIVE = re.compile("[A-Za-z]:")

_ENCODINGS = frozenset(
    (
        *("utf_8", "ascii", "cp437", "cp720", "cp737", "cp775", "cp850", "cp852", "cp855", "cp857", "cp858"),
        *("cp860", "cp861", "cp862", "cp863", "cp864", "cp865", "cp866", "cp869", "cp874", "cp932", "cp949"),
        *("cp950", "cp1125", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257"),
        *("cp1258", "big5", "big5hkscs", "euc_jp", "euc_kr", "gb18030", "gb2312", "gbk", "johab", "shift_jis"),
        *("koi8_r", "koi8_u", "latin_1", "iso8859_2", "iso8859_3", "iso8859_4", "iso8859_5", "iso8859_6"),
        *("iso8859_7", "iso8859_8", "iso8859_9", "iso8859_10", "iso8859_11", "iso8859_13", "iso8859_14"),
        *("iso8859_15", "iso8859_16", "tis_620", "mac_cyrillic", "mac_greek", "mac_latin2", "mac_roman"),
        *("mac_turkish",),
    )
)
"""The code pages of file systems, by the names of Python's codecs.

`codecs.lookup` would do, but it keeps every name that it is asked for in memory.
"""


def _known(name: str) -> str:
    key = normalize_encoding(name).lower()
    encoding = aliases.get(key, key)
    if encoding not in _ENCODINGS:
        raise ValueError("not a known code page; examples are cp932, gbk, cp866 and utf-8")
    return encoding


Encoding = Annotated[str, AfterValidator(_known)]
"""A code page of file names, by any of the names that Python knows it by."""


def path_of(info: ZipInfo, encoding: str | None) -> str:
    """Return the path of an entry within the archive; a folder's ends with a slash, and the root is "".

    encoding: the code page of names that do not state theirs. None: UTF-8 if they are that, otherwise code page 437.
    `info` must have been read by a ZipFile without `metadata_encoding`. Raises ArchiveUnsafe, or ArchiveUnreadable if
    the name is not in the code page.
    """
    name = _decoded(info, encoding).replace("\\", "/")
    parts = name.split("/")
    if "\0" in name or name.startswith("/") or _DRIVE.match(name) or ".." in parts:
        raise ArchiveUnsafe(f"The archive has a file {name!r} whose path leads out of the archive.")
    path = "/".join(part for part in parts if part not in {"", "."})
    return f"{path}/" if path and parts[-1] in {"", "."} else path


def is_guessed(info: ZipInfo) -> bool:
    """Tell whether nothing states the code page of a name, which is therefore read as code page 437."""
    try:
        _decoded(info, "utf_8")
    except ArchiveUnreadable:
        return True
    return False


def _decoded(info: ZipInfo, encoding: str | None) -> str:
    """Return the name of an entry, as its Unicode field, its flag, or the code page tell it."""
    flagged = info.flag_bits & _UTF_8
    raw = info.orig_filename.encode("utf-8" if flagged else _DEFAULT)
    name = _unicode_path(info.extra, zlib.crc32(raw))
    if name is not None:
        return name
    if flagged:
        return info.orig_filename
    try:
        return raw.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        if encoding is None:
            return info.orig_filename
        raise ArchiveUnreadable(
            f"The name {raw!r} in the archive is not {encoding}; give another zip_encoding."
        ) from error


def _unicode_path(extra: bytes, crc: int) -> str | None:
    """Return the name in the Unicode field; None if there is none, or if it is of a name changed since."""
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        content, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == _UNICODE_PATH and content[:5] == struct.pack("<BL", 1, crc):
            try:
                return content[5:].decode() or None
            except UnicodeDecodeError:
                return None
    return None
