"""The format of encrypted data: a header, then chunks that are encrypted and authenticated one by one.

Each object has a separate key, derived from the directory's key and a random salt (HKDF-SHA256, RFC 5869), so that no
nonce occurs twice however many objects a directory has. The chunks form the STREAM construction of Hoang, Reyhanitabar,
Rogaway and Vizar (2015) over AES-256-GCM: the nonce of a chunk is a random prefix, the number of the chunk, and whether
it is the last one. So chunks that are left out, added or moved are noticed, and any chunk can be decrypted alone.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from apiserver.problems import ObjectDamaged

CHUNK_BYTES = 65_536
"""Content of each chunk except the last one."""

KEY_BYTES = 32
TAG_BYTES = 16

_MAGIC = b"\x8fFSENC1\n"
"""Starts with a byte that begins neither text nor any image or archive format."""

_SALT_BYTES = 16
_PREFIX_BYTES = 7
_RESERVED = b"\0"

HEADER_BYTES = len(_MAGIC) + 16 + _SALT_BYTES + _PREFIX_BYTES + len(_RESERVED)
SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES


@dataclass(frozen=True, slots=True)
class DataKey:
    """A key of a directory; `secret` has 32 bytes."""

    key_id: UUID
    secret: bytes = field(repr=False)


class Place(NamedTuple):
    """Where data belong; they cannot be decrypted in another place. name: of the object, or what identifies a crop."""

    directory: str
    name: str


def is_sealed(start: bytes) -> bool:
    """Return whether data that begin with these bytes are encrypted."""
    return start.startswith(_MAGIC)


def key_id_of(header: bytes) -> UUID:
    """Return which key encrypts the data. Raises ObjectDamaged if the header is incomplete."""
    if len(header) < HEADER_BYTES:
        raise ObjectDamaged
    return UUID(bytes=header[len(_MAGIC) : len(_MAGIC) + 16])


def new_header(key: DataKey) -> bytes:
    """Return the header of data to be encrypted; it must not be used twice."""
    return _MAGIC + key.key_id.bytes + os.urandom(_SALT_BYTES + _PREFIX_BYTES) + _RESERVED


def content_size(sealed_bytes: int) -> int:
    """Return the size of the content of that many encrypted bytes. Raises ObjectDamaged if there are too few."""
    chunks = _count_chunks(sealed_bytes)
    return sealed_bytes - HEADER_BYTES - chunks * TAG_BYTES


def _count_chunks(sealed_bytes: int) -> int:
    """Return the number of chunks, even no content has one. Raises ObjectDamaged if there are too few bytes."""
    whole, rest = divmod(sealed_bytes - HEADER_BYTES, SEALED_CHUNK_BYTES)
    if sealed_bytes < HEADER_BYTES + TAG_BYTES or 0 < rest < TAG_BYTES:
        raise ObjectDamaged
    return whole + (rest > 0)


class Cipher:
    """Encrypts or decrypts the chunks of one object, in any order. Raises ObjectDamaged if the header is incomplete."""

    def __init__(self, key: DataKey, place: Place, header: bytes) -> None:
        if len(header) < HEADER_BYTES:
            raise ObjectDamaged
        salt = header[len(_MAGIC) + 16 :][:_SALT_BYTES]
        self._prefix = header[len(_MAGIC) + 16 + _SALT_BYTES :][:_PREFIX_BYTES]
        derived = HKDF(SHA256(), KEY_BYTES, salt, b"faceserver object").derive(key.secret)
        self._aead = AESGCM(derived)
        directory = place.directory.encode()
        self._bound = header + len(directory).to_bytes(4) + directory + place.name.encode()

    def encrypt(self, number: int, chunk: bytes, *, last: bool) -> bytes:
        """Return the encrypted chunk, 16 bytes longer."""
        return self._aead.encrypt(self._nonce(number, last), chunk, self._bound)

    def decrypt(self, number: int, chunk: bytes, *, last: bool) -> bytes:
        """Return the content of a chunk. Raises ObjectDamaged if anything about it was changed."""
        try:
            return self._aead.decrypt(self._nonce(number, last), chunk, self._bound)
        except InvalidTag as error:
            raise ObjectDamaged from error

    def _nonce(self, number: int, last: bool) -> bytes:
        return self._prefix + number.to_bytes(4) + bytes([last])


class Chunks:
    """Encrypts or decrypts data that arrive in pieces of any size."""

    def __init__(self, cipher: Cipher, *, encrypts: bool) -> None:
        self._code = cipher.encrypt if encrypts else cipher.decrypt
        self._size = CHUNK_BYTES if encrypts else SEALED_CHUNK_BYTES
        self._held = bytearray()
        self._number = 0

    def push(self, piece: bytes) -> Iterator[bytes]:
        """Yield the chunks that are complete and not the last. Raises ObjectDamaged."""
        self._held += piece
        while len(self._held) > self._size:
            chunk = bytes(memoryview(self._held)[: self._size])
            del self._held[: self._size]
            yield self._code(self._number, chunk, last=False)
            self._number += 1

    def finish(self) -> bytes:
        """Return the last chunk. Raises ObjectDamaged."""
        return self._code(self._number, bytes(self._held), last=True)


def sealed(key: DataKey, place: Place, content: bytes) -> bytes:
    """Return the content encrypted."""
    header = new_header(key)
    chunks = Chunks(Cipher(key, place, header), encrypts=True)
    return b"".join([header, *chunks.push(content), chunks.finish()])


def unsealed(key: DataKey, place: Place, data: bytes) -> bytes:
    """Return the content of encrypted data. Raises ObjectDamaged."""
    chunks = Chunks(Cipher(key, place, data[:HEADER_BYTES]), encrypts=False)
    return b"".join([*chunks.push(data[HEADER_BYTES:]), chunks.finish()])


class Span(NamedTuple):
    """Encrypted chunks that contain a range of the content.

    start, length: where they lie among the encrypted bytes. first: number of the first one. skip: bytes of its content
    before the range.
    """

    start: int
    length: int
    first: int
    skip: int


def span_of(sealed_bytes: int, position: int, length: int) -> Span:
    """Return the chunks that contain `length` > 0 bytes of the content from `position`, all within it."""
    first, last = position // CHUNK_BYTES, (position + length - 1) // CHUNK_BYTES
    start = HEADER_BYTES + first * SEALED_CHUNK_BYTES
    end = min(HEADER_BYTES + (last + 1) * SEALED_CHUNK_BYTES, sealed_bytes)
    return Span(start, end - start, first, position - first * CHUNK_BYTES)


def unsealed_span(cipher: Cipher, sealed_bytes: int, first: int, data: bytes) -> bytes:
    """Return the content of consecutive encrypted chunks, of which the first has the number `first`.

    sealed_bytes: size of all encrypted bytes, which tells the last chunk. Raises ObjectDamaged.
    """
    total, view = _count_chunks(sealed_bytes), memoryview(data)
    pieces = (view[start : start + SEALED_CHUNK_BYTES] for start in range(0, len(data), SEALED_CHUNK_BYTES))
    return b"".join(
        cipher.decrypt(number, bytes(piece), last=number == total - 1) for number, piece in enumerate(pieces, first)
    )
