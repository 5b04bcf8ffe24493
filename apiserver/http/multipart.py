"""Forms with files, which are kept in memory or passed on as they arrive.

Boundary, headers, fields and the body are bounded before they are parsed, and other requests get their turn between
two pieces of a large body; see docs/adr/0038, 0044 and 0052.
"""

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import parse_qsl

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, MultipartState, parse_options_header

from apiserver.http.charsets import codec_of, decoded
from apiserver.http.part_heads import PartHead, read_head
from apiserver.http.transfer_encodings import Decode, decoding
from apiserver.http.upload_stream import SMALL_BYTES, body_chunks, joined, read_body
from apiserver.problems import (
    ArchiveTooLarge,
    FileEmpty,
    FileMissing,
    ImageTooLarge,
    InvalidField,
    InvalidForm,
    UnsupportedMediaType,
)
from apiserver.turns import taking_turns

MULTIPART = b"multipart/form-data"
_URLENCODED = {b"application/x-www-form-urlencoded", b""}
"""Clients use these types for a form without a file."""
FORMS = _URLENCODED - {b""} | {MULTIPART}

_BOUNDARY = re.compile(rb"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
"""RFC 2046, section 5.1.1. Some clients do not quote characters that need quotes, so this is asked of the value."""

_MAX_HEADERS = 8
_MAX_HEADER_BYTES = 4_096
"""Maximum length of a part's header, and of the content type of a form."""
_MAX_FIELDS = 32
_MAX_FIELD_BYTES = 16_384
_MAX_PADDING_BYTES = _MAX_HEADER_BYTES
"""Spaces after a boundary, which the parser examines one by one; those within one piece are few enough."""

_PIECE_BYTES = 16_384
"""What is parsed at once: the worst content takes the parser some milliseconds."""

FILE_FIELDS = frozenset({"file", "source", "target"})
"""The fields that are files in all forms, with or without a file name. Others are texts, even with a file name."""
_CHARSET_FIELD = "_charset_"
_BYTE_ORDER_MARK = "\ufeff"

MAX_FILES = 20
"""Maximum number of photographs in a form that allows several."""
MAX_FULL_FILES = 5
"""Maximum number of photographs of the maximum size in a form."""

Write = Callable[[bytes], object]
"""Takes a piece of a field or file."""


# It warns about every malformed form, of which the request log has a line already.
logging.getLogger("python_multipart").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a form. problem: set if the file is empty or too large; a too large file has no content."""

    filename: str
    content: bytes
    problem: type[FileEmpty | ImageTooLarge] | None = None


Fields = Mapping[str, str | tuple[Upload, ...]]
"""The fields of a form by name: the last text of a name, or all its files in order.

A file in a field that is not one of FILE_FIELDS, and too long for a text, has no content.
"""


@dataclass(frozen=True, slots=True)
class FormLimits:
    """Limits of a form: number and size of files, time, and the fields that are files."""

    max_image_bytes: int
    timeout_seconds: float
    max_files: int = 1
    file_fields: frozenset[str] = FILE_FIELDS

    @property
    def max_bytes(self) -> int:
        """Maximum size of the body; only a few files may have the maximum size."""
        return self.max_image_bytes * min(self.max_files, MAX_FULL_FILES) + SMALL_BYTES


class FormType(NamedTuple):
    """The content type of a request: its media type, and the boundary and charset of its parts, if any."""

    media_type: bytes
    boundary: bytes
    charset: str


class FormParser:
    """An incremental parser of multipart/form-data (RFC 7578).

    charset: that of texts and names which are neither declared otherwise nor UTF-8, "" for Latin-1. open_file: called
    with the name and the file name of each file; returns what takes the pieces of the file. file_fields: their names.
    """

    def __init__(
        self,
        boundary: bytes,
        charset: str,
        open_file: Callable[[str, str], Write],
        file_fields: frozenset[str] = FILE_FIELDS,
    ) -> None:
        if not _BOUNDARY.fullmatch(boundary):
            raise InvalidForm("The content type has no boundary, or not one of 1 to 70 characters of RFC 2046.")
        self._delimiters = 0
        self._padding_bytes = 0
        self._delimiter = b"\r\n--" + boundary
        self._parts = _Parts(charset, open_file, file_fields)
        self._parser = MultipartParser(
            boundary,
            {
                "on_header_field": self._parts.read_header,
                "on_header_value": self._parts.read_value,
                "on_header_end": self._parts.end_header,
                "on_headers_finished": self._parts.open,
                "on_part_data": self._parts.read_content,
                "on_part_end": self._parts.close,
            },
            max_header_count=_MAX_HEADERS,
            max_header_size=_MAX_HEADER_BYTES,
        )

    async def feed(self, data: bytes) -> None:
        """Parse a part of the body of any length. Raises InvalidForm."""
        async for start in taking_turns(range(0, len(data), _PIECE_BYTES)):
            self._feed(data[start : start + _PIECE_BYTES])

    def _feed(self, piece: bytes) -> None:
        # After each delimiter the parser examines single bytes, so that many false ones would take seconds.
        self._delimiters += piece.count(self._delimiter)
        if self._delimiters > _MAX_FIELDS + 1:
            raise InvalidForm("The form has too many fields.")
        try:
            self._parser.write(piece)
        except FormParserError as error:
            raise InvalidForm from error
        is_padding = self._parser.state is MultipartState.BOUNDARY_PADDING
        spaces = len(piece) - len(piece.rstrip(b" \t"))
        self._padding_bytes = self._padding_bytes + spaces if is_padding else 0
        if self._padding_bytes > _MAX_PADDING_BYTES:
            raise InvalidForm("A boundary is followed by too many spaces.")

    def has_another_file(self) -> bool:
        """Tell whether a field that is not a file has come as one, and is too long for a text."""
        return any(text.content is None for text in self._parts.texts.values())

    def texts(self) -> dict[str, str | tuple[Upload, ...]]:
        """Return the fields that are not files, after the whole body was parsed.

        Raises InvalidForm, or InvalidField for a text that is not in its declared charset.
        """
        if self._parser.state is not MultipartState.END:
            raise InvalidForm("The form is truncated.")
        return self._parts.decoded_texts()


@dataclass(slots=True)
class _Text:
    """A field that is not a file. content: None if it came as a file and is too long."""

    head: PartHead
    content: bytearray | None = field(default_factory=bytearray)

    def write(self, piece: bytes) -> None:
        if self.content is None:
            return
        self.content += piece
        if len(self.content) > _MAX_FIELD_BYTES:
            if self.head.filename is None:
                raise InvalidForm("A field is too long.")
            self.content = None

    def value(self, declared: str, charset: str) -> str | tuple[Upload, ...]:
        """Return the text; `declared` is the charset of texts without their own, `charset` that of the form."""
        if self.content is None:
            return (Upload(self.head.filename or "", b""),)
        label = self.head.charset or declared
        if not label:
            return decoded(self.content, charset).removeprefix(_BYTE_ORDER_MARK)
        if (codec := codec_of(label)) is None:
            raise InvalidField(f"{self.head.name}: the charset {label!a} is not supported; send UTF-8.")
        try:
            return self.content.decode(codec).removeprefix(_BYTE_ORDER_MARK)
        except UnicodeDecodeError as error:
            raise InvalidField(f"{self.head.name}: the text is not in the charset {label}.") from error


@dataclass(slots=True)
class _Parts:
    """The parts of a form as the parser finds them.

    Apart from FormParser, because a cycle of references would keep photographs in memory.
    """

    charset: str
    open_file: Callable[[str, str], Write]
    file_fields: frozenset[str]
    texts: dict[str, _Text] = field(default_factory=dict)
    count: int = 0
    _header: bytes = b""
    _value: bytes = b""
    _headers: dict[bytes, bytes] = field(default_factory=dict)
    """Those of the current part."""
    _decode: Decode | None = None
    """Takes the content of the current part."""

    def read_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def read_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def end_header(self) -> None:
        self._headers[self._header.lower()] = self._value
        self._header = self._value = b""

    def open(self) -> None:
        """Begin the content of a part."""
        self.count += 1
        if self.count > _MAX_FIELDS:
            raise InvalidForm("The form has too many fields.")
        headers, self._headers = self._headers, {}
        head = read_head(
            headers.get(b"content-disposition", b""),
            headers.get(b"content-type", b""),
            headers.get(b"content-transfer-encoding", b""),
            self.charset,
        )
        self._decode = decoding(head, self._open(head))

    def read_content(self, data: bytes, start: int, end: int) -> None:
        if self._decode:
            self._decode(data[start:end])

    def close(self) -> None:
        """End the content of a part."""
        if self._decode:
            self._decode(None)
            self._decode = None

    def decoded_texts(self) -> dict[str, str | tuple[Upload, ...]]:
        declared = self.texts.pop(_CHARSET_FIELD, None)
        charset = (declared.content or b"").decode("latin-1").strip() if declared else ""
        return {name: text.value(charset, self.charset) for name, text in self.texts.items()}

    def _open(self, head: PartHead) -> Write:
        if head.name in self.file_fields:
            return self.open_file(head.name, head.filename or "")
        text = self.texts[head.name] = _Text(head)
        return text.write


async def read_form(request: Request, limits: FormLimits) -> Fields:
    """Return the fields of a form. Raises as `read_body` does, UnsupportedMediaType, or InvalidForm."""
    form = form_type(request)
    if form.media_type == MULTIPART:
        body = await read_body(request, timeout_seconds=limits.timeout_seconds, max_bytes=limits.max_bytes)
        return await parse_form(body, form, limits)
    if form.media_type in _URLENCODED:
        return _urlencoded(await read_body(request, timeout_seconds=limits.timeout_seconds))
    raise UnsupportedMediaType


def form_type(request: Request) -> FormType:
    """Return the content type of a request. Raises InvalidForm."""
    header = request.headers.get("content-type", "")
    if len(header) > _MAX_HEADER_BYTES:
        raise InvalidForm("The content type is too long.")
    media_type, options = parse_options_header(header)
    return FormType(media_type, options.get(b"boundary", b""), options.get(b"charset", b"").decode("latin-1"))


async def parse_form(body: bytes, form: FormType, limits: FormLimits) -> Fields:
    """Return the fields of multipart/form-data, without the empty unnamed file that stands for none.

    Raises InvalidForm.
    """
    received: list[tuple[str, str, list[bytes]]] = []

    def open_file(name: str, filename: str) -> Write:
        if len(received) == limits.max_files:
            raise _too_many(limits.max_files)
        pieces: list[bytes] = []
        received.append((name, filename, pieces))
        return pieces.append

    parser = FormParser(form.boundary, form.charset, open_file, limits.file_fields)
    await parser.feed(body)
    files: dict[str, tuple[Upload, ...]] = {}
    for name, filename, pieces in received:
        if pieces or filename:
            upload = await _upload(filename, pieces, limits.max_image_bytes)
            files[name] = (*files.get(name, ()), upload)
    return {**parser.texts(), **files}


async def _upload(filename: str, pieces: list[bytes], max_bytes: int) -> Upload:
    size = sum(map(len, pieces))
    if size > max_bytes:
        return Upload(filename, b"", ImageTooLarge)
    return Upload(filename, await joined(pieces), None if size else FileEmpty)


async def receive_archive(
    request: Request, write: Callable[[bytes], Awaitable[None]], *, max_bytes: int, pause_seconds: float
) -> dict[str, str]:
    """Pass the form's only file, `file`, to `write` piece by piece, and return the other fields.

    pause_seconds: maximum time between two chunks. Raises ArchiveTooLarge as soon as the limit is known to be
    exceeded, UploadTimeout, UnsupportedMediaType, InvalidForm, FileMissing or FileEmpty.
    """
    if int(request.headers.get("content-length", 0)) > max_bytes + _MAX_FIELDS * _MAX_FIELD_BYTES:
        raise ArchiveTooLarge
    form = form_type(request)
    if form.media_type != MULTIPART:
        raise UnsupportedMediaType
    archive = _Archive(max_bytes)
    parser = FormParser(form.boundary, form.charset, archive.open)
    async for chunk in body_chunks(request, pause_seconds=pause_seconds):
        await parser.feed(chunk)
        if parser.has_another_file():
            raise FileMissing
        if archive.pieces:
            await write(b"".join(archive.pieces))
            archive.pieces.clear()
    texts = {name: text for name, text in parser.texts().items() if isinstance(text, str)}
    archive.check()
    return texts


class _Archive:
    """The only file of a form, `file`; its pieces wait to be passed on."""

    def __init__(self, max_bytes: int) -> None:
        self.pieces: list[bytes] = []
        self._max_bytes = max_bytes
        self._bytes = 0
        self._filenames: list[str] = []

    def open(self, name: str, filename: str) -> Write:
        """Return what takes the pieces of the file. Raises InvalidForm, or FileMissing for another field."""
        if self._filenames:
            raise _too_many(1)
        if name != "file":
            raise FileMissing
        self._filenames.append(filename)
        return self._write

    def check(self) -> None:
        """Raise FileMissing or FileEmpty if nothing was received."""
        if not self._bytes:
            raise FileEmpty if any(self._filenames) else FileMissing

    def _write(self, piece: bytes) -> None:
        self._bytes += len(piece)
        if self._bytes > self._max_bytes:
            raise ArchiveTooLarge
        self.pieces.append(piece)


def _too_many(max_files: int) -> InvalidForm:
    return InvalidForm(
        "The form has more than one file." if max_files == 1 else f"The form has more than {max_files} files."
    )


def _urlencoded(body: bytes) -> Fields:
    try:
        fields = parse_qsl(decoded(body), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError as error:
        raise InvalidForm("The form has too many fields.") from error
    if any(len(value) > _MAX_FIELD_BYTES for _, value in fields):
        raise InvalidForm("A field is too long.")
    return dict(fields)
