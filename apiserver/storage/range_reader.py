"""An object of the store as a file that fetches only the ranges that are read. Reads block, so use a thread."""

import io

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from apiserver.encryption.sealing import Cipher, content_size, span_of, unsealed_span
from apiserver.problems import ArchiveUnreadable, ImageStoreUnavailable, ObjectDamaged

_RANGE_BYTES = 1024 * 1024

_DAMAGED = "The stored archive was damaged or replaced; import it again."


def open_ranges(
    store: ObjectStore, key: str, size: int, max_read_bytes: int, cipher: Cipher | None = None
) -> io.BufferedReader:
    """Return an object of `size` bytes as a file that refuses a read of more than `max_read_bytes` bytes.

    cipher: decrypts the object, whose content is then shorter. Reads raise ImageStoreUnavailable, or ArchiveUnreadable
    if they exceed `max_read_bytes` or the object was damaged.
    """
    ranges = _Ranges(store, key, size) if cipher is None else _SealedRanges(store, key, size, cipher)
    return _Guarded(ranges, max_read_bytes)


class _Ranges(io.RawIOBase):
    """An object as a seekable, unbuffered file."""

    def __init__(self, store: ObjectStore, key: str, size: int) -> None:
        self._store = store
        self._key = key
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # typeshed wants any buffer
        length = min(len(buffer), self._size - self._position)
        if length <= 0:
            return 0
        found = self._read(self._position, length)
        buffer[: len(found)] = found
        self._position += len(found)
        return len(found)

    def _read(self, start: int, length: int) -> bytes | memoryview:
        try:
            return memoryview(obstore.get_range(self._store, self._key, start=start, length=length))
        except (BaseError, OSError) as error:
            raise ImageStoreUnavailable from error


class _SealedRanges(_Ranges):
    """The content of an encrypted object; each read decrypts the chunks that contain the range."""

    def __init__(self, store: ObjectStore, key: str, sealed_bytes: int, cipher: Cipher) -> None:
        super().__init__(store, key, _sized(sealed_bytes))
        self._sealed_bytes = sealed_bytes
        self._cipher = cipher

    def _read(self, start: int, length: int) -> bytes | memoryview:
        span = span_of(self._sealed_bytes, start, length)
        data = super()._read(span.start, span.length)
        try:
            content = unsealed_span(self._cipher, self._sealed_bytes, span.first, bytes(data))
        except ObjectDamaged as error:
            raise ArchiveUnreadable(_DAMAGED) from error
        return memoryview(content)[span.skip : span.skip + length]


def _sized(sealed_bytes: int) -> int:
    try:
        return content_size(sealed_bytes)
    except ObjectDamaged as error:
        raise ArchiveUnreadable(_DAMAGED) from error


class _Guarded(io.BufferedReader):
    """A buffered file that limits the size of a read: zipfile reads the central directory of an archive at once."""

    def __init__(self, raw: io.RawIOBase, max_read_bytes: int) -> None:
        super().__init__(raw, _RANGE_BYTES)
        self._max_read_bytes = max_read_bytes

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > self._max_read_bytes:
            raise ArchiveUnreadable("The archive declares a part that is longer than the limits allow.")
        return super().read(size)
