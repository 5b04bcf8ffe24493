"""Reads what clients send, above all a form with an image in it, in memory and within limits, as it arrives."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from fastapi import Request
from python_multipart.multipart import parse_options_header

from apiserver.problems import ImageTooLarge, InvalidForm, InvalidJson, UnsupportedMediaType, UploadTimeout

_MAX_FIELDS = 32
_MAX_FIELD_BYTES = 16_384
_MAX_ENVELOPE_BYTES = 65_536
"""What all fields, headers and boundaries of a form may take beside the image."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a form."""

    filename: str
    content: bytes


async def read_form(request: Request, *, max_image_bytes: int, timeout_seconds: float) -> Mapping[str, str | Upload]:
    """Return the form's fields, the last of each name.

    Raises ImageTooLarge as soon as that is known, which is before reading anything if the client announces its size.
    """
    limit = max_image_bytes + _MAX_ENVELOPE_BYTES
    if int(request.headers.get("content-length", 0)) > limit:
        raise ImageTooLarge
    media_type, options = parse_options_header(request.headers.get("content-type"))
    if media_type not in {b"multipart/form-data", b"application/x-www-form-urlencoded", b""}:
        raise UnsupportedMediaType
    try:
        async with asyncio.timeout(timeout_seconds):
            body = await _read(request, limit)
    except TimeoutError as error:
        raise UploadTimeout from error
    if media_type == b"multipart/form-data":
        return _multipart(body, options.get(b"boundary", b""), max_image_bytes)
    return _urlencoded(body)  # what clients send that attach no file


async def read_small(request: Request, *, timeout_seconds: float) -> bytes:
    """Return a body without a photograph. Raises InvalidJson where it is longer than such a one can be."""
    try:
        async with asyncio.timeout(timeout_seconds):
            return await _read(request, _MAX_ENVELOPE_BYTES)
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


def _urlencoded(body: bytes) -> dict[str, str | Upload]:
    try:
        return dict(parse_qsl(_text(body), keep_blank_values=True, max_num_fields=_MAX_FIELDS))
    except ValueError as error:
        raise InvalidForm("The form has too many fields.") from error


def _multipart(body: bytes, boundary: bytes, max_image_bytes: int) -> dict[str, str | Upload]:
    """Return the fields of multipart/form-data (RFC 7578), less the nameless empty file of a form without one."""
    fields: dict[str, str | Upload] = {}
    files = 0
    for disposition, content in _parts(body, boundary):
        files += b"filename" in disposition
        if files > 1:
            raise InvalidForm("The form has several files.")
        value = _value(disposition, content, max_image_bytes)
        if value is not None:
            fields[_text(disposition[b"name"])] = value
    return fields


def _parts(body: bytes, boundary: bytes) -> Iterator[tuple[dict[bytes, bytes], bytes]]:
    """Yield the options of the Content-Disposition, among them `name`, and the content of each part."""
    if not boundary:
        raise InvalidForm("The content type names no boundary.")
    opening = b"--" + boundary
    # What stands before the first boundary is a preamble, which means nothing.
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
    """Return where `body` goes on behind the next `mark` between `start` and `end`."""
    found = body.find(mark, start, end)
    if found < 0:
        raise InvalidForm("The form is cut short.")
    return found + len(mark)


def _disposition(head: bytes) -> dict[bytes, bytes]:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-disposition":
            return parse_options_header(value.strip())[1]
    return {}


def _value(disposition: Mapping[bytes, bytes], content: bytes, max_image_bytes: int) -> str | Upload | None:
    filename = disposition.get(b"filename")
    if filename is None:
        if len(content) > _MAX_FIELD_BYTES:
            raise InvalidForm("A field is too long.")
        return _text(content)
    if len(content) > max_image_bytes:
        raise ImageTooLarge
    return Upload(_text(filename), content) if content or filename else None


def _text(value: bytes) -> str:
    """Return what a client wrote as UTF-8, or, as some still do, as Latin-1."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
