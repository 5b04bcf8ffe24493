"""An object of the store as a file, of which only what is read is fetched; for threads, for it waits."""

import io

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from apiserver.problems import ArchiveUnreadable, ImageStoreUnavailable

_RANGE_BYTES = 1024 * 1024


def open_ranges(store: ObjectStore, key: str, size: int, longest_read: int) -> io.BufferedReader:
    """Return the object, which has so many bytes, as a file that refuses to read more than `longest_read` at once.

    Reading raises ImageStoreUnavailable, or ArchiveUnreadable where that much is asked for.
    """
    return _Guarded(_Ranges(store, key, size), longest_read)


class _Ranges(io.RawIOBase):
    """An object as a file to be read anywhere in it."""

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
    """Refuses to read more at once than anything in an archive may be long: its directory is read in one go."""

    def __init__(self, raw: io.RawIOBase, longest_read: int) -> None:
        super().__init__(raw, _RANGE_BYTES)
        self._longest_read = longest_read

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > self._longest_read:
            raise ArchiveUnreadable("The archive announces a part that is longer than any may be.")
        return super().read(size)
