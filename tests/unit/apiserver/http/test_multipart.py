"""Forms read from a request: in memory, and with one file that is passed on."""

import asyncio
import codecs
import gc
import random
from base64 import encodebytes
from collections import deque

import pytest
from fastapi import Request

from apiserver.http.multipart import MULTIPART, FormLimits, FormType, Upload, parse_form, read_form, receive_archive
from apiserver.problems import (
    ArchiveTooLarge,
    FileEmpty,
    FileMissing,
    ImageTooLarge,
    InvalidForm,
    Problem,
    UnsupportedMediaType,
)

LIMITS = FormLimits(max_image_bytes=10, timeout_seconds=60, max_files=3)
FORM = "multipart/form-data; boundary=b"

Part = tuple[str, str | None, bytes]


def form(*parts: Part, boundary: str = "b") -> bytes:
    body = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'.encode()
        + (b"" if filename is None else f'; filename="{filename}"'.encode())
        + b"\r\n\r\n"
        + content
        + b"\r\n"
        for name, filename, content in parts
    )
    return body + f"--{boundary}--\r\n".encode()


def posted(body: bytes, content_type: str = FORM, *, chunk_bytes: int | None = None) -> Request:
    """Return a request whose body arrives in chunks."""
    step = chunk_bytes or max(1, len(body))
    chunks = [body[start : start + step] for start in range(0, len(body), step)] or [b""]
    messages = deque({"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks)
    messages[-1]["more_body"] = False

    async def receive():
        return messages.popleft()

    return Request({"type": "http", "method": "POST", "headers": [(b"content-type", content_type.encode())]}, receive)


async def in_memory(body: bytes, content_type: str = FORM, *, chunk_bytes: int | None = None):
    """Return the texts of a form, and the content of its only file."""
    limits = FormLimits(max_image_bytes=1000, timeout_seconds=60)
    fields = dict(await read_form(posted(body, content_type, chunk_bytes=chunk_bytes), limits))
    files = fields.pop("file", ())
    if not isinstance(files, tuple) or not files:
        raise FileMissing
    [upload] = files
    if upload.problem:
        raise upload.problem
    return fields, upload.content


async def passed_on(body: bytes, content_type: str = FORM, *, chunk_bytes: int | None = None):
    """Return the same as `in_memory`, from the other reader."""
    pieces: list[bytes] = []

    async def write(piece: bytes) -> None:
        pieces.append(piece)

    request = posted(body, content_type, chunk_bytes=chunk_bytes)
    fields = await receive_archive(request, write, max_bytes=1000, pause_seconds=60)
    return fields, b"".join(pieces)


READERS = pytest.mark.parametrize("read", [in_memory, passed_on])
CHUNKS = pytest.mark.parametrize("chunk_bytes", [1, 7, None])


@READERS
@CHUNKS
@pytest.mark.parametrize("seed", range(20))
async def test_any_content_is_read_whatever_its_chunks(read, chunk_bytes, seed):
    """The content is made of pieces of what the parser looks for."""
    chance = random.Random(seed)
    pieces = [b"\r\n", b"--", b"\r", b"\n", b"-", b"b", b"\r\n-", b"\r\n--", b"\r\n--c", b"--b", b"\xff", b"--b--"]
    content = b"!" + b"".join(chance.choice(pieces) for _ in range(60)).replace(b"\r\n--b", b"\r\n--c")
    text = "".join(chance.choice("a-\r\n é") for _ in range(20))
    order = chance.choice([1, -1])
    body = form(*[("text", None, text.encode()), ("file", "f", content)][::order])
    assert await read(body, chunk_bytes=chunk_bytes) == ({"text": text}, content)


NAMED = b'--b\r\nContent-Disposition: form-data; name="a"'
FILE: Part = ("file", "f", b"1")


@READERS
@CHUNKS
@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", InvalidForm),
        (b"no form at all", InvalidForm),
        (b"a preamble\r\n" + form(FILE), InvalidForm),
        (form(FILE)[:-4], InvalidForm),
        (form(FILE).replace(b"\r\n", b"\n"), InvalidForm),
        (form(FILE).replace(b"name=", b"eman="), InvalidForm),
        (form(FILE).replace(b"Disposition", b"Type"), InvalidForm),
        (form(FILE).replace(b"form-data;", b"form-data; size=1;" + b" x=y;" * 1000), InvalidForm),
        (form(FILE).replace(b"Content", b"X: y\r\n" * 8 + b"Content", 1), InvalidForm),
        (form(*[(f"text {index}", None, b"") for index in range(32)], FILE), InvalidForm),
        (form(("text", None, bytes(16_385)), FILE), InvalidForm),
        (b"--b\r\n" * 1_000, InvalidForm),
        (form(FILE).replace(b'name="file"', b'name="file"%s' % (b";" * 301)), InvalidForm),
        (form(FILE).replace(b'name="file"', b'name="file"%s' % (b";a=b" * 301)), InvalidForm),
        (form(FILE).replace(b'name="file"', b'name="file"%s' % (b";filename*0*=x" * 301)), InvalidForm),
        (form(FILE, FILE), InvalidForm),
        (form(("text", None, b"")), FileMissing),
        (form(("file", None, b"")), FileMissing),
        (form(("other", "f", b"1")), FileMissing),
        (form(("file", "", b"")), FileMissing),
        (form(("file", "f", b"")), FileEmpty),
    ],
)
async def test_both_readers_refuse_the_same(read, chunk_bytes, body: bytes, problem: type[Problem]):
    with pytest.raises(Problem) as raised:
        await read(body, chunk_bytes=chunk_bytes)
    assert type(raised.value) is problem


@READERS
@CHUNKS
@pytest.mark.parametrize(
    "body",
    [
        form(*[(f"text {index}", None, b"") for index in range(31)], FILE),
        form(FILE).replace(b"Content", b"X: y\r\n" * 7 + b"Content", 1),
        form(FILE).replace(b"form-data;", b"form-data; x=" + b"y" * 4000 + b";"),
        form(FILE, ("text", None, bytes(16_384))),
        form(FILE, ("text", "text.txt", bytes(16_384))),
        form(("file", None, b"1")),
        form(FILE).removesuffix(b"\r\n"),
        form(FILE) + b"an epilogue",
    ],
)
async def test_both_readers_accept_the_limits_themselves(read, chunk_bytes, body):
    assert (await read(body, chunk_bytes=chunk_bytes))[1] == b"1"


@READERS
@pytest.mark.parametrize(
    ("sent", "text"), [("жук".encode(), "жук"), (b"caf\xe9", "café"), (b"\xed\xa0\x80", "\xed\xa0\x80")]
)
async def test_texts_and_their_names_are_utf8_or_latin1(read, sent, text):
    body = form(FILE, ("NAME", None, sent)).replace(b"NAME", sent)
    assert await read(body) == ({text: text}, b"1")


@READERS
@pytest.mark.parametrize(
    ("content_type", "problem"),
    [
        ("multipart/form-data", InvalidForm),
        ("multipart/form-data; boundary=", InvalidForm),
        ("multipart/form-data; boundary=another", InvalidForm),
        (f"multipart/form-data; boundary={71 * 'b'}", InvalidForm),
        ('multipart/form-data; boundary="b "', InvalidForm),
        ('multipart/form-data; boundary="b\\"', InvalidForm),
        ("multipart/form-data; boundary=\xe9", InvalidForm),
        (f"multipart/form-data; boundary=b;{4096 * ';'}", InvalidForm),
        ("application/json", UnsupportedMediaType),
    ],
)
async def test_content_types_that_are_refused(read, content_type: str, problem: type[Problem]):
    with pytest.raises(problem):
        await read(form(FILE), content_type)


@READERS
async def test_the_longest_boundary(read):
    boundary = f"{60 * 'b'}'()+_,/:=?"
    assert await read(form(FILE, boundary=boundary), f'Multipart/Form-Data; boundary="{boundary}"') == ({}, b"1")


@READERS
async def test_false_delimiters_are_refused_at_once(read):
    """The parser would need a microsecond for each."""
    with pytest.raises(InvalidForm, match="too many fields"):
        await read(form(("file", "f", b"\r\n--bx" * 100)))


async def test_an_archive_over_the_limit_is_not_passed_on():
    assert await passed_on(form(("file", "f", bytes(1000)))) == ({}, bytes(1000))
    with pytest.raises(ArchiveTooLarge):
        await passed_on(form(("file", "f", bytes(1001))))


async def test_files_come_by_name_and_in_order():
    parts = (("file", "a", b"1"), ("face", None, b"only"), ("source", "b", b"2"), ("file", None, b"3"))
    assert await read_form(posted(form(*parts)), LIMITS) == {
        "file": (Upload("a", b"1"), Upload("", b"3")),
        "face": "only",
        "source": (Upload("b", b"2"),),
    }


async def test_a_file_without_a_name_may_have_the_size_of_any_file():
    limits = FormLimits(max_image_bytes=100_000, timeout_seconds=60)
    fields = await read_form(posted(form(("file", None, bytes(100_000)))), limits)
    assert fields == {"file": (Upload("", bytes(100_000)),)}


@READERS
@CHUNKS
async def test_a_text_may_come_as_a_file(read, chunk_bytes):
    body = form(("text", "blob", "жук".encode()), FILE, ("empty", "", b""))
    assert await read(body, chunk_bytes=chunk_bytes) == ({"text": "жук", "empty": ""}, b"1")


async def test_another_file_is_no_text_and_does_not_count_as_one_of_the_files():
    limits = FormLimits(max_image_bytes=50_000, timeout_seconds=60)
    fields = await read_form(posted(form(FILE, ("thumbnail", "t.jpg", bytes(16_385)))), limits)
    assert fields == {"file": (Upload("f", b"1"),), "thumbnail": (Upload("t.jpg", b""),)}


async def test_an_archive_in_another_field_is_refused_before_its_end():
    request = posted(form(("archive", "a.zip", bytes(100_000)))[:50_000], chunk_bytes=10_000)
    with pytest.raises(FileMissing):
        await receive_archive(request, forget, max_bytes=200_000, pause_seconds=60)


async def forget(_: bytes) -> None:
    """Take a piece of an archive."""


def part(headers: str, content: bytes, disposition: str = 'form-data; name="text"') -> bytes:
    return f"--b\r\nContent-Disposition: {disposition}\r\n{headers}\r\n".encode() + content + b"\r\n"


END = form(FILE)


@READERS
@CHUNKS
@pytest.mark.parametrize(
    ("headers", "content"),
    [
        ("Content-Type: text/plain; charset=windows-1251\r\n", "Анна".encode("cp1251")),
        ('content-type: text/plain;Charset="KOI8-R"\r\n', "Анна".encode("koi8-r")),
        ("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n", "Анна".encode()),
        ("Content-Type: text/plain;CHARSET=UTF-16\r\n", "Анна".encode("utf-16")),
        ("Content-Type: text/plain;CHARSET=UTF-16LE\r\n", codecs.BOM_UTF16_LE + "Анна".encode("utf-16-le")),
        ("Content-Type: text/plain\r\n", codecs.BOM_UTF8 + "Анна".encode()),
        ("Content-Transfer-Encoding: Base64\r\n", b"0JDQ\r\nvdC9\r\n0LA=\r\n"),
        ("Content-Transfer-Encoding: quoted-printable\r\n", b"=D0=90=D0=BD=\r\n=D0=BD=D0=B0"),
    ],
)
async def test_a_text_is_read_as_it_is_declared(read, chunk_bytes, headers, content):
    assert await read(part(headers, content) + END, chunk_bytes=chunk_bytes) == ({"text": "Анна"}, b"1")


@READERS
@CHUNKS
@pytest.mark.parametrize("encoding", ["base64", "BASE64 "])
async def test_a_file_may_be_base64(read, chunk_bytes, encoding):
    content = bytes(range(256)) * 3
    lines = encodebytes(content).replace(b"\n", b"\r\n")
    body = part(f"Content-Transfer-Encoding: {encoding}\r\n", lines, 'form-data; name="file"; filename="f"')
    assert await read(body + b"--b--\r\n", chunk_bytes=chunk_bytes) == ({}, content)


@READERS
@pytest.mark.parametrize(
    ("declared", "own", "sent"),
    [
        ("windows-1251", "", "Анна".encode("cp1251")),
        ("windows-1251", "Content-Type: text/plain; charset=utf-8\r\n", "Анна".encode()),
        ("", "", "Анна".encode()),
    ],
)
async def test_the_charset_field_is_for_texts_without_their_own(read, declared, own, sent):
    charset = form(("_charset_", None, declared.encode())).removesuffix(b"--b--\r\n")
    assert await read(charset + part(own, sent) + END) == ({"text": "Анна"}, b"1")


@READERS
@pytest.mark.parametrize("sent", ["Анна".encode("cp1251"), "Анна".encode()])
async def test_the_charset_of_the_form_is_for_texts_that_are_not_utf8(read, sent):
    content_type = f"{FORM}; charset=windows-1251"
    assert await read(part("", sent) + END, content_type) == ({"text": "Анна"}, b"1")


@READERS
@pytest.mark.parametrize(
    ("headers", "content", "sentence"),
    [
        ("Content-Type: text/plain; charset=klingon\r\n", b"a", "text: the charset 'klingon' is not supported"),
        ("Content-Type: text/plain; charset=base64\r\n", b"YQ==", "text: the charset 'base64' is not supported"),
        ("Content-Type: text/plain; charset=utf-8\r\n", b"caf\xe9", "text: the text is not in the charset utf-8"),
        ("Content-Transfer-Encoding: base64\r\n", b"YQ==YQ", "text is not valid Base64"),
        ("Content-Transfer-Encoding: base64\r\n", b"YQ\xff=", "text is not valid Base64"),
        ("Content-Transfer-Encoding: x-uuencode\r\n", b"a", "Content-Transfer-Encoding of text is not supported"),
    ],
)
async def test_what_is_declared_must_be_true(read, headers, content, sentence):
    with pytest.raises(Problem, match=sentence) as raised:
        await read(part(headers, content) + END)
    assert raised.value.status == 400


async def test_the_charset_of_a_photograph_does_not_matter():
    headers = "Content-Type: image/jpeg; charset=klingon\r\n"
    body = part(headers, b"\xff", 'form-data; name="file"; filename="f"') + b"--b--\r\n"
    assert (await in_memory(body))[1] == b"\xff"


async def test_a_bad_file_does_not_affect_the_others():
    body = form(("file", "a", b""), ("file", "b", bytes(11)), ("file", "c", bytes(10)))
    fields = await read_form(posted(body), LIMITS)
    assert fields["file"] == (Upload("a", b"", FileEmpty), Upload("b", b"", ImageTooLarge), Upload("c", bytes(10)))


async def test_a_photograph_is_freed_with_its_form():
    """A cycle of references would keep it until the garbage collector runs."""
    body = form(("text", None, b"1"), ("file", "freed", b"1"))
    gc.disable()
    try:
        await parse_form(body, FormType(MULTIPART, b"b", ""), LIMITS)
        assert not [kept for kept in gc.get_objects() if isinstance(kept, Upload) and kept.filename == "freed"]
    finally:
        gc.enable()


async def test_the_last_text_of_a_name_counts():
    body = form(("face", None, b"largest"), ("face", None, b"only"))
    assert await read_form(posted(body), LIMITS) == {"face": "only"}


@pytest.mark.parametrize(
    "body",
    [
        form(FILE).replace(b"\r\n--b--", b"\r\n--b%s\r\n--b--" % (b" " * 300_000)),
        form(("file", "f", b"\r\n--bc" * 34)),
        form(("file", "f", (b"\r\n--bc" * 2).ljust(131_072) * 17)),
    ],
)
async def test_what_the_parser_examines_byte_by_byte_is_refused(body: bytes):
    with pytest.raises(InvalidForm):
        await read_form(posted(body), FormLimits(max_image_bytes=10_000_000, timeout_seconds=60))


async def test_other_requests_get_their_turn_while_a_large_form_is_read():
    turns = 0

    async def take_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    others = asyncio.create_task(take_turns())
    content = b"\r\n--" * 2_500_000  # takes any machine much longer than a turn
    fields = await read_form(posted(form(("file", "f", content))), FormLimits(10**7, timeout_seconds=60))
    others.cancel()
    assert fields["file"] == (Upload("f", content),)
    assert turns >= 4


async def test_one_file_more_than_allowed():
    with pytest.raises(InvalidForm, match="more than 3 files"):
        await read_form(posted(form(*[("file", "a", b"1")] * 4)), LIMITS)


async def test_too_many_bytes_together():
    limits = FormLimits(max_image_bytes=20_000, timeout_seconds=60, max_files=20)
    with pytest.raises(ImageTooLarge):
        await read_form(posted(form(*[("file", "a", bytes(18_000))] * 10)), limits)


URLENCODED = "application/x-www-form-urlencoded"


async def test_an_urlencoded_form():
    assert await read_form(posted(b"person=ann&face=&face=only", URLENCODED), LIMITS) == {
        "person": "ann",
        "face": "only",
    }
    assert await read_form(posted(b"", ""), LIMITS) == {}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"a=" + 16_385 * b"b", InvalidForm),
        (32 * b"a=b&" + b"a=b", InvalidForm),
        (16_384 * b"a=b&" + b"a", ImageTooLarge),
    ],
)
async def test_an_urlencoded_form_over_the_limits(body: bytes, problem: type[Problem]):
    limits = FormLimits(max_image_bytes=1_000_000, timeout_seconds=60)
    with pytest.raises(problem):
        await read_form(posted(body, URLENCODED), limits)
