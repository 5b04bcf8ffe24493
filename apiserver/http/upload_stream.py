"""Reading of a form that contains a large file, which is passed on in pieces as it arrives."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from fastapi import Request
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from apiserver.problems import ArchiveTooLarge, FileEmpty, FileMissing, InvalidForm, UnsupportedMediaType, UploadTimeout

_MAX_BOUNDARY_BYTES = 256
_MAX_FIELD_BYTES = 16_384
_MAX_FIELDS = 32


async def receive_archive(
    request: Request, write: Callable[[bytes], Awaitable[None]], *, max_bytes: int, pause_seconds: float
) -> dict[str, str]:
    """Pass the form's only file, `file`, to `write` piece by piece, and return the other fields.

    pause_seconds: maximum time between two chunks. Raises ArchiveTooLarge as soon as the limit is known to be
    exceeded, UploadTimeout, UnsupportedMediaType, InvalidForm, FileMissing or FileEmpty.
    """
    if int(request.headers.get("content-length", 0)) > max_bytes + _MAX_FIELDS * _MAX_FIELD_BYTES:
        raise ArchiveTooLarge
    media_type, options = parse_options_header(request.headers.get("content-type"))
    if media_type != b"multipart/form-data":
        raise UnsupportedMediaType
    form = _Form(options.get(b"boundary", b""))
    async for chunk in _chunks(request, pause_seconds):
        for piece in form.feed(chunk):
            if form.file_bytes > max_bytes:
                raise ArchiveTooLarge
            await write(piece)
    return form.fields()


async def _chunks(request: Request, pause_seconds: float) -> AsyncIterator[bytes]:
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(pause_seconds):
                chunk = await anext(stream, None)
        except TimeoutError as error:
            raise UploadTimeout from error
        if chunk is None:
            return
        yield chunk


class _Form:
    """An incremental parser of multipart/form-data."""

    def __init__(self, boundary: bytes) -> None:
        if not 0 < len(boundary) <= _MAX_BOUNDARY_BYTES:
            raise InvalidForm("The content type has no boundary, or one that is too long.")
        self.file_bytes = 0
        self._files = 0
        self._ended = False
        self._header: tuple[bytes, bytes] = (b"", b"")
        self._name: str | None = None
        self._is_file = False
        self._fields: dict[str, bytes] = {}
        self._pieces: list[bytes] = []
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda data, start, end: self._head(data[start:end], b""),
                "on_header_value": lambda data, start, end: self._head(b"", data[start:end]),
                "on_header_end": self._read_header,
                "on_part_data": self._data,
                "on_end": self._end,
            },
        )

    def feed(self, chunk: bytes) -> list[bytes]:
        """Parse a chunk of the body and return the pieces of the file in it. Raises InvalidForm."""
        self._pieces = []
        try:
            self._parser.write(chunk)
        except MultipartParseError as error:
            raise InvalidForm from error
        return self._pieces

    def fields(self) -> dict[str, str]:
        """Return the other fields after the whole body was parsed. Raises InvalidForm, FileMissing or FileEmpty."""
        if not self._ended:
            raise InvalidForm("The form is truncated.")
        if not self._files:
            raise FileMissing
        if not self.file_bytes:
            raise FileEmpty
        try:
            return {name: value.decode() for name, value in self._fields.items()}
        except UnicodeDecodeError as error:
            raise InvalidForm from error

    def _begin(self) -> None:
        self._header, self._name, self._is_file = (b"", b""), None, False

    def _head(self, name: bytes, value: bytes) -> None:
        self._header = self._header[0] + name, self._header[1] + value
        if len(self._header[0]) + len(self._header[1]) > _MAX_FIELD_BYTES:
            raise InvalidForm("A header of the form is too long.")

    def _read_header(self) -> None:
        (name, value), self._header = self._header, (b"", b"")
        if name.lower() != b"content-disposition":
            return
        options = parse_options_header(value)[1]
        self._name = options.get(b"name", b"").decode("latin-1")
        self._is_file = b"filename" in options
        if self._is_file:
            self._files += 1
            if self._files > 1 or self._name != "file":
                raise InvalidForm("The form must contain exactly one file, in the field `file`.")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            self.file_bytes += end - start
            self._pieces.append(data[start:end])
            return
        if self._name is None:
            raise InvalidForm
        value = self._fields.get(self._name, b"") + data[start:end]
        self._fields[self._name] = value
        if len(value) > _MAX_FIELD_BYTES or len(self._fields) > _MAX_FIELDS:
            raise InvalidForm("A field is too long, or the form has too many fields.")

    def _end(self) -> None:
        self._ended = True
