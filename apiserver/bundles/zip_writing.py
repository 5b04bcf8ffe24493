"""Streaming of zip files: members are sent while they are read, and only their names stay in memory.

Python's zipfile supports this: for an output that is not seekable, it writes the sizes after the contents.
"""

import time
from collections.abc import AsyncIterator
from io import RawIOBase
from typing import NamedTuple
from zipfile import ZipFile, ZipInfo

from typing_extensions import Buffer

_ENOUGH_BYTES = 65_536
"""Output is buffered up to this size, so that small members are sent together."""


class Member(NamedTuple):
    """A file in a zip file; `large` allows more than 2 GiB."""

    name: str
    chunks: AsyncIterator[bytes]
    large: bool = False


async def zipped(members: AsyncIterator[Member]) -> AsyncIterator[bytes]:
    """Yield the chunks of a zip file. Members are stored uncompressed, since photographs are already compressed."""
    sent = _Sent()
    with ZipFile(sent, "w") as archive:
        async for member in members:
            with archive.open(ZipInfo(member.name, time.gmtime()[:6]), "w", force_zip64=member.large) as file:
                async for chunk in member.chunks:
                    file.write(chunk)
                    if sent.size >= _ENOUGH_BYTES:
                        yield sent.take()
    yield sent.take()


async def whole(content: bytes) -> AsyncIterator[bytes]:
    """Yield a content that is already in memory."""
    yield content


class _Sent(RawIOBase):
    """A write-only file whose content is taken out in between."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self.size = 0

    def write(self, data: Buffer, /) -> int:
        """Append what zipfile writes."""
        self._chunks.append(bytes(data))
        self.size += len(self._chunks[-1])
        return len(self._chunks[-1])

    def take(self) -> bytes:
        """Return and clear what was written since the last call."""
        taken = b"".join(self._chunks)
        self._chunks.clear()
        self.size = 0
        return taken
