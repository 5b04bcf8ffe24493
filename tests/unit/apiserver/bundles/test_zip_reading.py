"""Names in zip archives, as Windows, macOS and Linux write them."""

import io
import struct
import zlib
from collections.abc import Iterable

import pytest
from pydantic import TypeAdapter, ValidationError

from apiserver.bundles.zip_names import Encoding
from apiserver.bundles.zip_reading import ZipLimits, open_zip, read_member
from apiserver.problems import ArchiveUnreadable, ArchiveUnsafe

LIMITS = ZipLimits(100, 100, 1000)
UTF_8 = 0x800


def archive(entries: Iterable[tuple[bytes, int, bytes]]) -> io.BytesIO:
    """An archive of entries with these raw names, flags and extra fields; each contains its name."""
    out, directory = io.BytesIO(), []
    for name, flags, extra in entries:
        head = struct.pack(
            "<4HHLLLHH", 20, flags, 0, 0, 0x5A21, zlib.crc32(name), len(name), len(name), len(name), len(extra)
        )
        directory.append(
            b"PK\1\2\x1e\3" + head + struct.pack("<HHHLL", 0, 0, 0, 0o100644 << 16, out.tell()) + name + extra
        )
        out.write(b"PK\3\4" + head + name + extra + name)
    start, content = out.tell(), b"".join(directory)
    out.write(content + b"PK\5\6" + struct.pack("<4HLLH", 0, 0, len(directory), len(directory), len(content), start, 0))
    return out


def paths(file: io.BytesIO, encoding: str | None = None) -> list[str]:
    with open_zip(file, len(file.getbuffer()), LIMITS, encoding) as opened:
        for path, info in opened.NameToInfo.items():
            assert len(read_member(opened, info, 1000)) == info.file_size, path
        return list(opened.NameToInfo)


def named(*names: bytes, flags: int = 0, extra: bytes = b"") -> io.BytesIO:
    return archive((name, flags, extra) for name in names)


def unicode_path(raw: bytes, name: str, version: int = 1) -> bytes:
    field = struct.pack("<BL", version, zlib.crc32(raw)) + name.encode()
    return struct.pack("<HH", 0x5455, 1) + b"-" + struct.pack("<HH", 0x7075, len(field)) + field


@pytest.mark.parametrize("name", ["Zoe\u0308/1.jpg", "Zoë/1.jpg", "李/1.jpg", "🧑‍🚀/1.jpg", "ann/1.jpg"])
def test_utf_8_is_recognized_with_and_without_its_flag(name: str):
    assert paths(named(name.encode())) == paths(named(name.encode(), flags=UTF_8)) == [name]


@pytest.mark.parametrize(
    ("name", "encoding"),
    [("表/1.jpg", "cp932"), ("山田/能.jpg", "shift_jis"), ("李/1.jpg", "gbk"), ("Зоя/1.jpg", "cp866")],
)
def test_a_code_page_is_used_where_it_is_named(name: str, encoding: str):
    assert paths(named(name.encode(encoding), b"bo/1.jpg"), encoding) == [name, "bo/1.jpg"]


def test_a_code_page_does_not_change_names_that_state_their_own():
    assert paths(named("Zoë/1.jpg".encode(), flags=UTF_8), "cp932") == ["Zoë/1.jpg"]
    raw = "Zoë/1.jpg".encode("cp850")
    assert paths(named(raw, extra=unicode_path(raw, "Zoë/1.jpg")), "cp932") == ["Zoë/1.jpg"]


def test_other_names_are_code_page_437():
    assert paths(named("Zoë/1.jpg".encode("cp437"), "Škoda/1.jpg".encode("cp852"))) == ["Zoë/1.jpg", "µkoda/1.jpg"]


def test_the_unicode_field_names_the_file_unless_it_is_of_another_name():
    assert paths(named(b"?/1.jpg", extra=unicode_path(b"?/1.jpg", "李/1.jpg"))) == ["李/1.jpg"]
    assert paths(named(b"ann/1.jpg", extra=unicode_path(b"bo/1.jpg", "李/1.jpg"))) == ["ann/1.jpg"]
    assert paths(named(b"ann/1.jpg", extra=unicode_path(b"ann/1.jpg", "李/1.jpg", version=2))) == ["ann/1.jpg"]
    assert paths(named(b"ann/1.jpg", extra=unicode_path(b"ann/1.jpg", "李")[:-1] + b"\xff")) == ["ann/1.jpg"]


@pytest.mark.parametrize(
    "name", [rb"ann\1.jpg", b"./ann/1.jpg", rb".\ann\1.jpg", b"ann//1.jpg", b"ann/./1.jpg", rb"ann/\1.jpg"]
)
def test_separators_of_windows_and_empty_parts_are_harmless(name: bytes):
    assert paths(named(b"./", name, b"ann/", b"ann\\")) == ["ann/1.jpg"]


@pytest.mark.parametrize(
    "name",
    [
        *(b"../ann/1.jpg", rb"ann\..\..\1.jpg", b"ann/..", b"..", b"/ann/1.jpg", rb"\ann\1.jpg", rb"\\host\ann\1.jpg"),
        *(b"C:/ann/1.jpg", rb"C:\ann\1.jpg", b"c:1.jpg", b"ann/1.jpg\0.png"),
    ],
)
def test_paths_that_lead_out_are_refused(name: bytes):
    with pytest.raises(ArchiveUnsafe):
        paths(named(b"bo/1.jpg", name))
    with pytest.raises(ArchiveUnsafe):
        paths(named(b"bo/1.jpg", b"-", extra=unicode_path(b"-", name.decode())))


@pytest.mark.parametrize(
    "names", [(b"ann/1.jpg", b"ann/1.jpg"), (b"ann/1.jpg", rb"ann\1.jpg"), (b"ann/1.jpg", b"./ann/1.jpg")]
)
def test_one_path_of_two_files_is_refused(names: tuple[bytes, ...]):
    with pytest.raises(ArchiveUnsafe, match=r"several files with the same name, 'ann/1\.jpg'"):
        paths(named(*names))


def test_a_name_that_is_not_what_the_archive_or_the_client_says_is_explained():
    with pytest.raises(ArchiveUnreadable, match="is not cp932; give another zip_encoding"):
        paths(named(b"\x81/1.jpg"), "cp932")
    with pytest.raises(ArchiveUnreadable, match="states that its names are UTF-8"):
        paths(named(b"\xeb/1.jpg", flags=UTF_8))


@pytest.mark.parametrize(
    ("name", "encoding"),
    [("cp932", "cp932"), ("932", "cp932"), ("Shift-JIS", "shift_jis"), ("ISO-8859-1", "latin_1"), ("UTF8", "utf_8")],
)
def test_code_pages_have_pythons_names(name: str, encoding: str):
    assert TypeAdapter(Encoding).validate_python(name) == encoding
    assert b"/\\.".decode(encoding) == "/\\."


@pytest.mark.parametrize(
    "name", ["", "rot13", "hex", "idna", "utf-7", "utf-16", "unicode_escape", "mbcs", "../os", "x" * 300, "\0"]
)
def test_other_codecs_are_no_code_pages(name: str):
    with pytest.raises(ValidationError):
        TypeAdapter(Encoding).validate_python(name)
