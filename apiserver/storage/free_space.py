"""Free space on the disk of the image store, and the floors below which nothing more is stored.

Deletions need some of it: PostgreSQL, which may share the disk, writes a log before it deletes anything.
"""

import asyncio
import shutil
from pathlib import Path

from apiserver.problems import ImageStoreFull

REFRESH_SECONDS = 1.0

_MAX_FLOOR = 4_000_000_000
_MIN_FLOOR = 100_000_000


class FreeSpace:
    """The free space of a store in a folder, read in the background: a network share that hangs would block its reader.

    folder: None for other stores, which have no limit. min_free_bytes: the floor below which recognized photographs are
    not kept; half of it is the floor of everything else. None: a tenth of the disk, from 100 MB to 4 GB.
    """

    def __init__(self, folder: Path | None, min_free_bytes: int | None) -> None:
        self._folder = folder
        self._min_free_bytes = min_free_bytes
        self._free: int | None = None
        self._floor = 0
        self._taken = 0
        self._taken_before = 0

    async def refresh(self) -> None:
        """Read the free space. If the folder cannot be read, it counts as unknown, which does not refuse anything."""
        if self._folder is None:
            return
        taken = self._taken
        try:
            usage = await asyncio.to_thread(shutil.disk_usage, self._folder)
        except OSError:
            self._free = None
            return
        # What was admitted before the reading may be written only after it, so it counts until the next one.
        self._taken_before, self._taken = taken, self._taken - taken
        self._free = usage.free
        default = min(_MAX_FLOOR, max(_MIN_FLOOR, usage.total // 10))
        self._floor = default if self._min_free_bytes is None else self._min_free_bytes

    @property
    def is_low(self) -> bool:
        """Whether recognized photographs are not kept."""
        return self._left() < self._floor

    def take_for_recognized(self, size: int) -> bool:
        """Return whether a recognized photograph of this many bytes may be kept; then they count as taken."""
        return self._take(size, self._floor)

    def take(self, size: int) -> None:
        """Count bytes as taken that are about to be written. Raises ImageStoreFull."""
        if not self._take(size, self._floor // 2):
            raise ImageStoreFull

    def require(self) -> None:
        """Raise ImageStoreFull if nothing more may be stored."""
        if self._left() < self._floor // 2:
            raise ImageStoreFull

    def _take(self, size: int, floor: int) -> bool:
        if self._left() - size < floor:
            return False
        self._taken += size
        return True

    def _left(self) -> float:
        return float("inf") if self._free is None else self._free - self._taken - self._taken_before
