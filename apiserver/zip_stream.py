"""Zip files as they are sent: a member goes out while it comes in, and nothing of it stays but its name.

Python's zipfile does all of it: given a file in which it cannot go back, it writes sizes behind the contents.
"""

import time
from collections.abc import AsyncIterator
from io import RawIOBase
from typing import NamedTuple
from zipfile import ZipFile, ZipInfo

from typing_extensions import Buffer

_ENOUGH_BYTES = 65_536
"""Small members go out together."""


class Member(NamedTuple):
    """A file of a zip file, of at most 2 GiB unless it may be `large`."""

    name: str
    chunks: AsyncIterator[bytes]
    large: bool = False


async def zipped(members: AsyncIterator[Member]) -> AsyncIterator[bytes]:
    """Yield a zip file, whose members are not compressed: photographs are already."""
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
    """Yield a content that is at hand."""
    yield content


class _Sent(RawIOBase):
    """A file that can only be written; what was written is taken away from time to time."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self.size = 0

    def write(self, data: Buffer, /) -> int:
        """Take what zipfile writes."""
        self._chunks.append(bytes(data))
        self.size += len(self._chunks[-1])
        return len(self._chunks[-1])

    def take(self) -> bytes:
        """Return what was written since the last time."""
        taken = b"".join(self._chunks)
        self._chunks.clear()
        self.size = 0
        return taken
