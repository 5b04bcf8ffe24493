"""Request bodies: read as a whole within limits, or passed on in pieces as they arrive."""

import asyncio
from collections.abc import AsyncIterator

from fastapi import Request

from apiserver.problems import ImageTooLarge, UploadTimeout
from apiserver.slots import Body
from serving.pace import Pace

_MAX_JOINED_BYTES = 4_000_000
SMALL_BYTES = 65_536
"""Maximum size of a body without a photograph, and of a form without its images."""


MAX_BUFFERED_BYTES = 16_000_000
"""What a body that is passed on in pieces takes of the slots at most: the parts in which it is uploaded to a store."""

_BYTES_PER_SECOND = 10_000
"""Minimum rate of a body, unless the settings say otherwise."""


async def read_body(request: Request, *, timeout_seconds: float, max_bytes: int = SMALL_BYTES) -> bytes:
    """Return the whole body.

    timeout_seconds: how far it may fall behind the minimum rate. Raises UploadTimeout, GatewayBusy if there is no slot
    for more of it, or ImageTooLarge: before reading if the client announces the size, otherwise as soon as the limit
    is exceeded.
    """
    if int(request.headers.get("content-length", 0)) > max_bytes:
        raise ImageTooLarge
    slot = _slot(request)
    chunks, size = [], 0
    async for chunk in _paced(request, timeout_seconds):
        size += len(chunk)
        if size > max_bytes:
            raise ImageTooLarge
        if slot:
            slot.grow(size)
        chunks.append(chunk)
    if slot:
        slot.arrive()
    request.state.body_read = True
    return await joined(chunks)


async def joined(pieces: list[bytes]) -> bytes:
    """Return the pieces as one; many megabytes on a thread, because Python's global lock is released there."""
    if sum(map(len, pieces)) <= _MAX_JOINED_BYTES:
        return b"".join(pieces)
    return await asyncio.to_thread(b"".join, pieces)


async def body_chunks(request: Request, *, pause_seconds: float) -> AsyncIterator[bytes]:
    """Yield the body as it arrives.

    pause_seconds: how far it may fall behind the minimum rate, which is the longest pause. Raises UploadTimeout, or
    GatewayBusy if there is no slot for its buffers.
    """
    slot, size = _slot(request), 0
    async for chunk in _paced(request, pause_seconds):
        size += len(chunk)
        if slot:
            slot.grow(min(size, MAX_BUFFERED_BYTES))
        yield chunk


async def _paced(request: Request, patience_seconds: float) -> AsyncIterator[bytes]:
    """Yield the body as it arrives. Raises UploadTimeout."""
    pace = Pace(getattr(request.state, "upload_bytes_per_second", _BYTES_PER_SECOND), patience_seconds)
    try:
        async for chunk in Request(request.scope, pace.on(request.receive)).stream():
            yield chunk
    except TimeoutError as error:
        raise UploadTimeout from error


def _slot(request: Request) -> Body | None:
    return getattr(request.state, "body", None)
