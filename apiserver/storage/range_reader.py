"""An object of the store as a file that fetches only the ranges that are read. Reads block, so use a thread."""

import io

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from apiserver.problems import ArchiveUnreadable, ImageStoreUnavailable

_RANGE_BYTES = 1024 * 1024


def open_ranges(store: ObjectStore, key: str, size: int, max_read_bytes: int) -> io.BufferedReader:
    """Return an object of `size` bytes as a file that refuses a read of more than `max_read_bytes` bytes.

    Reads raise ImageStoreUnavailable, or ArchiveUnreadable if they exceed `max_read_bytes`.
    """
    return _Guarded(_Ranges(store, key, size), max_read_bytes)


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
        try:
            found = obstore.get_range(self._store, self._key, start=self._position, length=length)
        except (BaseError, OSError) as error:
            raise ImageStoreUnavailable from error
        buffer[: len(found)] = found
        self._position += len(found)
        return len(found)


class _Guarded(io.BufferedReader):
    """A buffered file that limits the size of a read: zipfile reads the central directory of an archive at once."""

    def __init__(self, raw: io.RawIOBase, max_read_bytes: int) -> None:
        super().__init__(raw, _RANGE_BYTES)
        self._max_read_bytes = max_read_bytes

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > self._max_read_bytes:
            raise ArchiveUnreadable("The archive declares a part that is longer than the limits allow.")
        return super().read(size)
