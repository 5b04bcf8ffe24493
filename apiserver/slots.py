"""The limit of photographs in progress, whose bytes stay in memory until their requests are answered."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil

from apiserver.problems import GatewayBusy

_FORM_BYTES = 65_536
"""What a form may add to its photographs without another slot."""


class Slots:
    """The slots of a gateway, each for one photograph of the maximum size.

    A request holds no slot for what it announces. While its body arrives, it counts by its bytes: all bodies that are
    arriving take a slot for each `slot_bytes` of them together. When it has arrived, it takes whole slots of its own.
    """

    def __init__(self, count: int, slot_bytes: int) -> None:
        self.count = count
        self.size_bytes = count * slot_bytes
        self._slot_bytes = slot_bytes
        self._arrived = 0
        """Slots of the bodies that have arrived."""
        self._arriving_bytes = 0

    @property
    def in_use(self) -> int:
        """Number of slots in use."""
        return self._arrived + self._arriving_bytes // self._slot_bytes

    @contextmanager
    def taken(self) -> Iterator["Body"]:
        """Count a body while the block runs. Raises GatewayBusy at once if no slot is free."""
        if self.in_use >= self.count:
            raise GatewayBusy
        body = Body(self)
        try:
            yield body
        finally:
            body.release()

    def needed(self, size_bytes: int) -> int:
        """Return the slots of a body that has arrived; one that needs more than all slots takes all."""
        return min(max(1, ceil((size_bytes - _FORM_BYTES) / self._slot_bytes)), self.count)

    def move(self, *, arriving_bytes: int = 0, arrived: int = 0) -> None:
        """Change what is in use, if there is room for it. Raises GatewayBusy."""
        self._arriving_bytes += arriving_bytes
        self._arrived += arrived
        if self.in_use > self.count and (arriving_bytes > 0 or arrived > 0):
            self._arriving_bytes -= arriving_bytes
            self._arrived -= arrived
            raise GatewayBusy


class Body:
    """The body of one request, and what it takes of the slots."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._bytes = 0
        self._whole = 0

    def grow(self, size_bytes: int) -> None:
        """Count a body of which `size_bytes` have arrived. Raises GatewayBusy if there is no slot for more.

        A body that is read again, or that has arrived, does not grow; one larger than all slots takes all.
        """
        size_bytes = min(size_bytes, self._slots.size_bytes)
        if not self._whole and size_bytes > self._bytes:
            self._slots.move(arriving_bytes=size_bytes - self._bytes)
            self._bytes = size_bytes

    def arrive(self) -> None:
        """Take whole slots, because all of the body has arrived. Raises GatewayBusy if too few are free."""
        if not self._whole:
            whole = self._slots.needed(self._bytes)
            self._slots.move(arriving_bytes=-self._bytes, arrived=whole)
            self._bytes, self._whole = 0, whole

    def release(self) -> None:
        """Give back what the body takes."""
        self._slots.move(arriving_bytes=-self._bytes, arrived=-self._whole)
        self._bytes = self._whole = 0
