"""Remembers files for a while, by their digests."""

import hashlib
import threading
import time
from collections import OrderedDict

_MAX_DIGESTS = 10_000
_SECONDS = 600.0


class Digests:
    """The files that were added last, each for ten minutes; may be used by several threads."""

    def __init__(self, seconds: float = _SECONDS, max_digests: int = _MAX_DIGESTS) -> None:
        self._seconds = seconds
        self._max_digests = max_digests
        self._lock = threading.Lock()
        self._until: OrderedDict[tuple[int, bytes], float] = OrderedDict()

    def add(self, data: bytes) -> None:
        """Remember a file."""
        key = _key(data)
        with self._lock:
            self._until[key] = time.monotonic() + self._seconds
            self._until.move_to_end(key)
            if len(self._until) > self._max_digests:
                self._until.popitem(last=False)

    def __contains__(self, data: bytes) -> bool:
        """Tell whether a file is remembered; it is only read if one of its length is."""
        if not self.may_contain(data):
            return False
        with self._lock:
            return self._until.get(_key(data), 0.0) > time.monotonic()

    def may_contain(self, data: bytes) -> bool:
        """Tell whether a file of this length is remembered."""
        with self._lock:
            return any(length == len(data) for length, _ in self._until)


def _key(data: bytes) -> tuple[int, bytes]:
    return len(data), hashlib.sha256(data).digest()
