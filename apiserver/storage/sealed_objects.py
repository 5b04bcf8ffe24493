"""Encrypted objects of the store, decrypted while they are read.

Objects that were stored before encryption was turned on are read as they are.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import chain

from apiserver.encryption.keys import DirectoryKeys
from apiserver.encryption.sealing import (
    HEADER_BYTES,
    SEALED_CHUNK_BYTES,
    Chunks,
    Cipher,
    DataKey,
    Place,
    content_size,
    is_sealed,
    key_id_of,
    new_header,
    sealed,
)
from apiserver.problems import ObjectDamaged
from apiserver.storage.object_store import StoredObject

_MAX_AT_ONCE = 200_000
"""Bytes that are encrypted on the event loop, in a tenth of a millisecond."""


async def encrypted(key: DataKey | None, place: Place, content: bytes) -> bytes:
    """Return what is stored of an object: its content, encrypted if there is a key."""
    if key is None:
        return content
    if len(content) <= _MAX_AT_ONCE:
        return sealed(key, place, content)
    return await asyncio.to_thread(sealed, key, place, content)


async def decrypted(
    stored: StoredObject, keys: DirectoryKeys, place: Place, *, encrypted: bool = False
) -> StoredObject:
    """Return the content of a stored object, whose first chunk is already authenticated.

    encrypted: whether it is known to be encrypted, so that nothing else may have replaced it. Raises KeyUnavailable, or
    ObjectDamaged, which the stream raises too.
    """
    start = b""
    while _may_be_sealed(start) and (piece := await anext(stored.chunks, b"")):
        start += piece
    if not is_sealed(start):
        if encrypted:
            raise ObjectDamaged
        return StoredObject(stored.size_bytes, _joined([start], stored.chunks))
    header = start[:HEADER_BYTES]
    key = await keys.find(place.directory, key_id_of(header))
    chunks = Chunks(Cipher(key, place, header), encrypts=False)
    size = content_size(stored.size_bytes)
    first = chunks.push(start[HEADER_BYTES:])
    begun = [chunk] if (chunk := next(first, None)) is not None else []
    if len(start) == stored.size_bytes and not begun:
        return StoredObject(size, _joined([chunks.finish()]))
    return StoredObject(size, _unsealed(chain(begun, first), stored.chunks, chunks))


def whole(stored: bytes) -> StoredObject:
    """Return an object that was read already."""
    return StoredObject(len(stored), _joined([stored]))


def _may_be_sealed(start: bytes) -> bool:
    """Return whether more has to be read: of the magic number, or of the first chunk and whether it is the last one."""
    return len(start) < HEADER_BYTES or (is_sealed(start) and len(start) <= HEADER_BYTES + SEALED_CHUNK_BYTES)


async def _joined(start: list[bytes], rest: AsyncIterator[bytes] | None = None) -> AsyncIterator[bytes]:
    for piece in start:
        yield piece
    if rest:
        async for piece in rest:
            yield piece


async def _unsealed(begun: Iterator[bytes], rest: AsyncIterator[bytes], chunks: Chunks) -> AsyncIterator[bytes]:
    for chunk in begun:
        yield chunk
    async for piece in rest:
        for chunk in chunks.push(piece):
            yield chunk
    yield chunks.finish()


class SealingPieces:
    """Encrypts an object that is written in pieces; without a key, returns them as they are."""

    def __init__(self, key: DataKey | None, place: Place) -> None:
        self._chunks: Chunks | None = None
        self._header = b""
        if key:
            self._header = new_header(key)
            self._chunks = Chunks(Cipher(key, place, self._header), encrypts=True)

    def push(self, piece: bytes) -> bytes:
        """Return what is to be written now."""
        return self._written(lambda chunks: b"".join(chunks.push(piece)), piece)

    def finish(self) -> bytes:
        """Return what is to be written at the end."""
        return self._written(lambda chunks: chunks.finish(), b"")

    def _written(self, code: Callable[[Chunks], bytes], plain: bytes) -> bytes:
        if self._chunks is None:
            return plain
        header, self._header = self._header, b""
        return header + code(self._chunks)
