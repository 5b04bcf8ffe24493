"""Reads a form with an image in it, in memory and within limits, as it arrives."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass

from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser

from apiserver.problems import ImageTooLarge, InvalidForm, UnsupportedMediaType, UploadTimeout

_MAX_FIELDS = 32
_MAX_FIELD_BYTES = 16_384
_MAX_ENVELOPE_BYTES = 65_536
"""What all fields, headers and boundaries of a form may take beside the image."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a form."""

    filename: str
    content: bytes


class _InMemoryParser(MultiPartParser):
    """Keeps files in memory whatever their size, which the stream it reads bounds, and insists on the form's end."""

    spool_max_size = 0
    _ended = False

    def on_end(self) -> None:
        self._ended = True

    async def parse(self) -> FormData:
        form = await super().parse()
        if not self._ended:
            for file in self._files_to_close_on_error:
                file.close()
            raise MultiPartException("The form is cut short.")
        return form


async def read_form(request: Request, *, max_image_bytes: int, timeout_seconds: float) -> Mapping[str, str | Upload]:
    """Return the form's fields, the last of each name.

    Raises ImageTooLarge as soon as that is known, which is before reading anything if the client announces its size.
    """
    limit = max_image_bytes + _MAX_ENVELOPE_BYTES
    if int(request.headers.get("content-length", 0)) > limit:
        raise ImageTooLarge
    try:
        async with asyncio.timeout(timeout_seconds):
            form = await _parse(request, _bounded(request, limit))
    except TimeoutError as error:
        raise UploadTimeout from error
    except MultiPartException as error:
        raise InvalidForm(error.message) from error
    except UnicodeError as error:
        raise InvalidForm from error
    try:
        fields = {name: await _field(value, max_image_bytes) for name, value in form.items()}
    finally:
        await form.close()
    return {name: value for name, value in fields.items() if value is not None}


async def _bounded(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise ImageTooLarge
        yield chunk


async def _parse(request: Request, stream: AsyncGenerator[bytes, None]) -> FormData:
    media_type, _ = parse_options_header(request.headers.get("content-type"))
    if media_type == b"multipart/form-data":
        return await _InMemoryParser(
            request.headers, stream, max_files=1, max_fields=_MAX_FIELDS, max_part_size=_MAX_FIELD_BYTES
        ).parse()
    if media_type in {b"", b"application/x-www-form-urlencoded"}:  # what clients send that attach no file
        return await FormParser(request.headers, stream, max_fields=_MAX_FIELDS, max_part_size=_MAX_FIELD_BYTES).parse()
    raise UnsupportedMediaType


async def _field(value: str | UploadFile, max_image_bytes: int) -> str | Upload | None:
    """Return the field's value; None for the empty file that a browser sends when none was chosen."""
    if isinstance(value, str):
        return value
    content = await value.read()
    if len(content) > max_image_bytes:
        raise ImageTooLarge
    if not content and not value.filename:
        return None
    return Upload(_printable(value.filename or ""), content)


def _printable(filename: str) -> str:
    """Return the name without the unpaired surrogates that an odd charset can bring in and JSON cannot carry."""
    return filename.encode(errors="replace").decode()
