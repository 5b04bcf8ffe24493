"""Reading of request bodies into memory, within limits; mostly forms with images."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil
from urllib.parse import parse_qsl

from fastapi import Request
from python_multipart.multipart import parse_options_header

from apiserver.problems import FileEmpty, ImageTooLarge, InvalidForm, InvalidJson, UnsupportedMediaType, UploadTimeout

_MAX_FIELDS = 32
_MAX_FIELD_BYTES = 16_384
SMALL_BYTES = 65_536
"""Maximum size of a body without a photograph, and of a form without its images."""

MAX_FILES = 20
"""Maximum number of photographs in a form that allows several."""
_MAX_FULL_FILES = 5
"""Maximum number of photographs of the maximum size in a form."""


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
        """Maximum size of all files together; only a few of them may have the maximum size."""
        return self.max_image_bytes * min(self.max_files, _MAX_FULL_FILES)


def places_needed(request: Request, max_image_bytes: int) -> int:
    """Return the size of the body in photographs of the maximum size, rounded up; the maximum if it is unknown."""
    length = request.headers.get("content-length")
    if length is None:
        return _MAX_FULL_FILES
    return min(max(1, ceil((int(length) - SMALL_BYTES) / max_image_bytes)), _MAX_FULL_FILES)


async def read_form(request: Request, limits: FormLimits) -> Fields:
    """Return the fields of a form. Raises as `read_body` does, UnsupportedMediaType, or InvalidForm."""
    media_type, options = parse_options_header(request.headers.get("content-type"))
    if media_type not in {b"multipart/form-data", b"application/x-www-form-urlencoded", b""}:
        raise UnsupportedMediaType
    body = await read_body(request, limits)
    if media_type == b"multipart/form-data":
        return _multipart(body, options.get(b"boundary", b""), limits)
    return _urlencoded(body)  # clients use this type for a form without a file


async def read_body(request: Request, limits: FormLimits) -> bytes:
    """Return the raw body of a form.

    Raises UploadTimeout, or ImageTooLarge: before reading if the client announces the size, otherwise as soon as the
    limit is exceeded.
    """
    limit = limits.max_bytes + SMALL_BYTES
    if int(request.headers.get("content-length", 0)) > limit:
        raise ImageTooLarge
    try:
        async with asyncio.timeout(limits.timeout_seconds):
            return await _read(request, limit)
    except TimeoutError as error:
        raise UploadTimeout from error


async def read_small(request: Request, *, timeout_seconds: float, max_bytes: int = SMALL_BYTES) -> bytes:
    """Return a body without a photograph. Raises UploadTimeout, or InvalidJson if it exceeds `max_bytes`."""
    try:
        async with asyncio.timeout(timeout_seconds):
            return await _read(request, max_bytes)
    except TimeoutError as error:
        raise UploadTimeout from error
    except ImageTooLarge as error:
        raise InvalidJson("The body is too long.") from error


async def _read(request: Request, limit: int) -> bytes:
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise ImageTooLarge
        chunks.append(chunk)
    return b"".join(chunks)


def _urlencoded(body: bytes) -> Fields:
    try:
        return dict(parse_qsl(_text(body), keep_blank_values=True, max_num_fields=_MAX_FIELDS))
    except ValueError as error:
        raise InvalidForm("The form has too many fields.") from error


def _multipart(body: bytes, boundary: bytes, limits: FormLimits) -> Fields:
    """Return the fields of multipart/form-data (RFC 7578), without the empty unnamed file that stands for none."""
    texts: dict[str, str] = {}
    files: dict[str, tuple[Upload, ...]] = {}
    sent = 0
    for disposition, content in _parts(body, boundary):
        name, filename = _text(disposition[b"name"]), disposition.get(b"filename")
        if filename is None:
            texts[name] = _field(content)
            continue
        sent += 1
        if sent > limits.max_files:
            raise InvalidForm(_too_many(limits.max_files))
        if content or filename:
            files[name] = (*files.get(name, ()), _upload(_text(filename), content, limits.max_image_bytes))
    return {**texts, **files}


def _too_many(max_files: int) -> str:
    return "The form has more than one file." if max_files == 1 else f"The form has more than {max_files} files."


def _parts(body: bytes, boundary: bytes) -> Iterator[tuple[dict[bytes, bytes], bytes]]:
    """Yield the parameters of the Content-Disposition, including `name`, and the content of each part."""
    if not boundary:
        raise InvalidForm("The content type has no boundary.")
    opening = b"--" + boundary
    # A preamble before the first boundary is ignored.
    start = len(opening) if body.startswith(opening) else _after(body, b"\r\n" + opening, 0)
    for _ in range(_MAX_FIELDS):
        if body.startswith(b"--", start):
            return
        following = _after(body, b"\r\n" + opening, start)
        end = following - len(opening) - 2
        content = _after(body, b"\r\n\r\n", start, end)
        options = _disposition(body[start:content])
        if b"name" not in options:
            raise InvalidForm
        yield options, body[content:end]
        start = following
    if not body.startswith(b"--", start):
        raise InvalidForm("The form has too many fields.")


def _after(body: bytes, mark: bytes, start: int, end: int | None = None) -> int:
    """Return the position after the next `mark` between `start` and `end`. Raises InvalidForm."""
    found = body.find(mark, start, end)
    if found < 0:
        raise InvalidForm("The form is truncated.")
    return found + len(mark)


def _disposition(head: bytes) -> dict[bytes, bytes]:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-disposition":
            return parse_options_header(value.strip())[1]
    return {}


def _upload(filename: str, content: bytes, max_image_bytes: int) -> Upload:
    if not content:
        return Upload(filename, content, FileEmpty)
    return Upload(filename, content) if len(content) <= max_image_bytes else Upload(filename, b"", ImageTooLarge)


def _field(content: bytes) -> str:
    if len(content) > _MAX_FIELD_BYTES:
        raise InvalidForm("A field is too long.")
    return _text(content)


def _text(value: bytes) -> str:
    """Decode UTF-8 or, for some old clients, Latin-1."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
