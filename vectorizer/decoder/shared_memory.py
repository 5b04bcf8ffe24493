"""Memory that the service and one of its decoders both map: files go in, pixels come out, and nothing is copied."""

import logging
import mmap
import os
import tempfile
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from vectorizer.decoding.budget import Limits
from vectorizer.decoding.picture import CHANNELS

_KEPT_BYTES = 40 << 20
"""Memory that stays between pictures, so that those of ordinary size find it ready."""

_SEALED = "F_SEAL_SHRINK", "F_SEAL_GROW", "F_SEAL_SEAL"

_logger = logging.getLogger(__name__)


def bytes_needed(limits: Limits) -> int:
    """Return the size for the largest image, once in full and once at half its width and height, rounded up."""
    pixels = limits.max_pixels + limits.max_pixels // 4 + limits.max_side
    return -(-max(CHANNELS * pixels, limits.max_bytes) // mmap.PAGESIZE) * mmap.PAGESIZE


def create(size: int) -> int:
    """Return a descriptor of anonymous memory whose size nobody can change. It takes memory only where it is written.

    Containers have little room in /dev/shm, so it does not lie there. Without the seal, whoever has the descriptor
    could cut off what the service is reading.
    """
    try:
        descriptor = os.memfd_create("pixels", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    except (AttributeError, OSError):  # another system than Linux, or a sandbox without it
        return _temporary(size)
    _seal(descriptor, size)
    return descriptor


def _seal(descriptor: int, size: int) -> None:
    import fcntl  # noqa: PLC0415 - Windows has none

    os.ftruncate(descriptor, size)
    seals = sum(getattr(fcntl, name) for name in _SEALED)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)


def _temporary(size: int) -> int:
    _logger.warning("Pixels are handed over through a temporary file, since this system has no anonymous ones.")
    with tempfile.TemporaryFile(buffering=0) as file:
        file.truncate(size)
        return os.dup(file.fileno())


class SharedMemory:
    """One side's view of the memory."""

    def __init__(self, descriptor: int, size: int) -> None:
        self._map = mmap.mmap(descriptor, size)
        self._used = 0

    @property
    def size(self) -> int:
        """Bytes in all."""
        return len(self._map)

    def put(self, data: bytes) -> None:
        """Write a file at the beginning."""
        self._used = max(self._used, len(data))
        self._map[: len(data)] = data

    def get(self, length: int) -> bytes:
        """Return a copy of the file at the beginning."""
        return self._map[:length]

    def pixels(self, offset: int, rows: int, columns: int) -> NDArray[np.uint8]:
        """Return pixels at `offset`, (rows, columns, 3), without copying. Raises ValueError if they do not fit."""
        count = CHANNELS * rows * columns
        self._used = max(self._used, offset + count)
        return np.frombuffer(self._map, np.uint8, count, offset).reshape(rows, columns, CHANNELS)

    def release(self) -> None:
        """Give memory back if a picture needed more than those of ordinary size; its contents are lost."""
        if self._used > _KEPT_BYTES and hasattr(mmap, "MADV_REMOVE"):
            with suppress(OSError):  # a sandbox, or the file system of a temporary file, may not know it
                self._map.madvise(mmap.MADV_REMOVE)
        self._used = 0
