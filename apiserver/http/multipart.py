"""Forms with files, which are kept in memory or passed on as they arrive.

Boundary, headers, fields and the body are bounded before they are parsed; see docs/adr/0038.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, MultipartState, parse_options_header

from apiserver.http.upload_stream import SMALL_BYTES, body_chunks, read_body
from apiserver.problems import ArchiveTooLarge, FileEmpty, FileMissing, ImageTooLarge, InvalidForm, UnsupportedMediaType

MULTIPART = b"multipart/form-data"
_URLENCODED = {b"application/x-www-form-urlencoded", b""}
"""Clients use these types for a form without a file."""

_MAX_BOUNDARY_BYTES = 256
_MAX_HEADERS = 8
_MAX_HEADER_BYTES = 4_096
"""Maximum length of a part's header, and of the content type of a form."""
_MAX_FIELDS = 32
_MAX_FIELD_BYTES = 16_384

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
"""The fields of a form by name: the last text of a name, or all its files in order."""


@dataclass(frozen=True, slots=True)
class FormLimits:
    """Limits of a form: number and size of files, and time."""

    max_image_bytes: int
    timeout_seconds: float
    max_files: int = 1

    @property
    def max_bytes(self) -> int:
        """Maximum size of the body; only a few files may have the maximum size."""
        return self.max_image_bytes * min(self.max_files, MAX_FULL_FILES) + SMALL_BYTES


class FormParser:
    """An incremental parser of multipart/form-data (RFC 7578).

    open_file: called with the name and the filename of each file; returns what takes the pieces of the file.
    """

    def __init__(self, boundary: bytes, open_file: Callable[[str, str], Write]) -> None:
        if not 0 < len(boundary) <= _MAX_BOUNDARY_BYTES:
            raise InvalidForm("The content type has no boundary, or one that is too long.")
        self._delimiter = b"\r\n--" + boundary
        self._parts = _Parts(open_file)
        self._parser = MultipartParser(
            boundary,
            {
                "on_header_field": self._parts.read_header,
                "on_header_value": self._parts.read_value,
                "on_header_end": self._parts.end_header,
                "on_headers_finished": self._parts.open,
                "on_part_data": self._parts.read_content,
            },
            max_header_count=_MAX_HEADERS,
            max_header_size=_MAX_HEADER_BYTES,
        )

    def feed(self, data: bytes) -> None:
        """Parse a piece of the body; few large pieces are parsed faster than many small ones. Raises InvalidForm."""
        # After each delimiter the parser examines single bytes, so that many false ones would take seconds.
        if self._parts.count + data.count(self._delimiter) > _MAX_FIELDS + 1:
            raise InvalidForm("The form has too many fields.")
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise InvalidForm from error

    def texts(self) -> dict[str, str]:
        """Return the fields that are not files, after the whole body was parsed. Raises InvalidForm."""
        if self._parser.state is not MultipartState.END:
            raise InvalidForm("The form is truncated.")
        return {name: _decoded(text) for name, text in self._parts.texts.items()}


@dataclass(slots=True)
class _Parts:
    """The parts of a form as the parser finds them.

    Apart from FormParser, because a cycle of references would keep photographs in memory.
    """

    open_file: Callable[[str, str], Write]
    texts: dict[str, bytearray] = field(default_factory=dict)
    count: int = 0
    _header: bytes = b""
    _value: bytes = b""
    _disposition: bytes = b""
    _text: bytearray = field(default_factory=bytearray)
    """The content of the current part, unless it is a file."""
    _write: Write = bytes

    def read_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def read_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def open(self) -> None:
        """Begin the content of a part."""
        self.count += 1
        if self.count > _MAX_FIELDS:
            raise InvalidForm("The form has too many fields.")
        options = parse_options_header(self._disposition)[1]
        self._disposition = b""
        if b"name" not in options:
            raise InvalidForm
        name = _decoded(options[b"name"])
        self._text = bytearray()
        if b"filename" in options:
            self._write = self.open_file(name, _decoded(options[b"filename"]))
        else:
            self._text = self.texts[name] = bytearray()
            self._write = self._text.extend

    def read_content(self, data: bytes, start: int, end: int) -> None:
        self._write(data[start:end])
        if len(self._text) > _MAX_FIELD_BYTES:
            raise InvalidForm("A field is too long.")


async def read_form(request: Request, limits: FormLimits) -> Fields:
    """Return the fields of a form. Raises as `read_body` does, UnsupportedMediaType, or InvalidForm."""
    media_type, boundary = form_type(request)
    if media_type == MULTIPART:
        body = await read_body(request, timeout_seconds=limits.timeout_seconds, max_bytes=limits.max_bytes)
        return parse_form(body, boundary, limits)
    if media_type in _URLENCODED:
        return _urlencoded(await read_body(request, timeout_seconds=limits.timeout_seconds))
    raise UnsupportedMediaType


def form_type(request: Request) -> tuple[bytes, bytes]:
    """Return the media type of a request, and the boundary of its parts, if any. Raises InvalidForm."""
    header = request.headers.get("content-type", "")
    if len(header) > _MAX_HEADER_BYTES:
        raise InvalidForm("The content type is too long.")
    media_type, options = parse_options_header(header)
    return media_type, options.get(b"boundary", b"")


def parse_form(body: bytes, boundary: bytes, limits: FormLimits) -> Fields:
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

    parser = FormParser(boundary, open_file)
    parser.feed(body)
    files: dict[str, tuple[Upload, ...]] = {}
    for name, filename, pieces in received:
        if pieces or filename:
            content = b"".join(pieces)
            problem: type[FileEmpty | ImageTooLarge] | None = None if content else FileEmpty
            if len(content) > limits.max_image_bytes:
                content, problem = b"", ImageTooLarge
            files[name] = (*files.get(name, ()), Upload(filename, content, problem))
    return {**parser.texts(), **files}


async def receive_archive(
    request: Request, write: Callable[[bytes], Awaitable[None]], *, max_bytes: int, pause_seconds: float
) -> dict[str, str]:
    """Pass the form's only file, `file`, to `write` piece by piece, and return the other fields.

    pause_seconds: maximum time between two chunks. Raises ArchiveTooLarge as soon as the limit is known to be
    exceeded, UploadTimeout, UnsupportedMediaType, InvalidForm, FileMissing or FileEmpty.
    """
    if int(request.headers.get("content-length", 0)) > max_bytes + _MAX_FIELDS * _MAX_FIELD_BYTES:
        raise ArchiveTooLarge
    media_type, boundary = form_type(request)
    if media_type != MULTIPART:
        raise UnsupportedMediaType
    archive = _Archive(max_bytes)
    parser = FormParser(boundary, archive.open)
    async for chunk in body_chunks(request, pause_seconds=pause_seconds):
        parser.feed(chunk)
        for piece in archive.pieces:
            await write(piece)
        archive.pieces.clear()
    texts = parser.texts()
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
        fields = parse_qsl(_decoded(body), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError as error:
        raise InvalidForm("The form has too many fields.") from error
    if any(len(value) > _MAX_FIELD_BYTES for _, value in fields):
        raise InvalidForm("A field is too long.")
    return dict(fields)


def _decoded(value: bytes | bytearray) -> str:
    """Decode UTF-8 or, for some old clients, Latin-1."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
