"""Request bodies: read as a whole within limits, or passed on in pieces as they arrive."""

import asyncio
from collections.abc import AsyncIterator

from fastapi import Request

from apiserver.problems import ImageTooLarge, UploadTimeout

_MAX_JOINED_BYTES = 4_000_000
SMALL_BYTES = 65_536
"""Maximum size of a body without a photograph, and of a form without its images."""


async def read_body(request: Request, *, timeout_seconds: float, max_bytes: int = SMALL_BYTES) -> bytes:
    """Return the whole body.

    Raises UploadTimeout, or ImageTooLarge: before reading if the client announces the size, otherwise as soon as the
    limit is exceeded.
    """
    if int(request.headers.get("content-length", 0)) > max_bytes:
        raise ImageTooLarge
    chunks, size = [], 0
    try:
        async with asyncio.timeout(timeout_seconds):
            async for chunk in request.stream():
                size += len(chunk)
                if size > max_bytes:
                    raise ImageTooLarge
                chunks.append(chunk)
    except TimeoutError as error:
        raise UploadTimeout from error
    return await joined(chunks)


async def joined(pieces: list[bytes]) -> bytes:
    """Return the pieces as one; many megabytes on a thread, as Python's global lock is released meanwhile."""
    if sum(map(len, pieces)) <= _MAX_JOINED_BYTES:
        return b"".join(pieces)
    return await asyncio.to_thread(b"".join, pieces)


async def body_chunks(request: Request, *, pause_seconds: float) -> AsyncIterator[bytes]:
    """Yield the body as it arrives. Raises UploadTimeout after a pause of `pause_seconds` between two chunks."""
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
