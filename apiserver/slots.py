"""The limit of photographs in progress, whose bytes stay in memory until their requests are answered."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil, inf

from apiserver.problems import GatewayBusy
from serving.memory import trim

_FORM_BYTES = 65_536
"""What a form may add to its photographs without another slot."""
_MIN_GIVEN_BACK_BYTES = 64_000_000


class Slots:
    """The slots of a gateway, each for one photograph of the maximum size.

    A request holds no slot for what it announces. While its body arrives, it counts by its bytes: all bodies that are
    arriving take a slot for each `slot_bytes` of them together. When it has arrived, it takes whole slots.
    Whether they have arrived or not, all bodies together have at most `max_bytes`, and those of one client half of it,
    unless it sends only one.
    """

    def __init__(self, count: int, slot_bytes: int, max_bytes: int | None = None) -> None:
        """max_bytes: None for no limit but the slots."""
        self.count = count
        self.size_bytes = min(count * slot_bytes, max_bytes or count * slot_bytes)
        """What one body counts at most."""
        self._max_bytes = max_bytes or inf
        self._freed_bytes = 0
        """Of the bodies that were released since memory was given back."""
        self._slot_bytes = slot_bytes
        self._arrived = 0
        """Slots of the bodies that have arrived."""
        self._arriving_bytes = 0
        self._bytes_of: Counter[str] = Counter()
        """Bytes of the bodies of each client, arriving and arrived."""

    @property
    def in_use(self) -> int:
        """Number of slots in use."""
        return self._arrived + self._arriving_bytes // self._slot_bytes

    @contextmanager
    def taken(self, client: str = "") -> Iterator["Body"]:
        """Count a body of a client while the block runs. Raises GatewayBusy at once if no slot is free."""
        if self.in_use >= self.count:
            raise GatewayBusy
        body = Body(self, client)
        try:
            yield body
        finally:
            body.release()

    def needed(self, size_bytes: int) -> int:
        """Return the slots of a body that has arrived; one that needs more than all slots takes all."""
        return min(max(1, ceil((size_bytes - _FORM_BYTES) / self._slot_bytes)), self.count)

    def receive(self, client: str, before: int, size_bytes: int) -> None:
        """Count `size_bytes` more of a body of which `before` had arrived. Raises GatewayBusy if there is no room."""
        others = self._bytes_of[client] - before
        if others and others + before + size_bytes > self._max_bytes / 2:
            raise GatewayBusy("Too many photographs of this address are in progress.")
        self._arriving_bytes += size_bytes
        if self.in_use > self.count or self._bytes_of.total() + size_bytes > self._max_bytes:
            self._arriving_bytes -= size_bytes
            raise GatewayBusy
        self._bytes_of[client] += size_bytes

    def complete(self, size_bytes: int) -> int:
        """Replace the bytes of a body by the whole slots it needs, and return them. Raises GatewayBusy."""
        whole = self.needed(size_bytes)
        self._arriving_bytes -= size_bytes
        self._arrived += whole
        if self.in_use > self.count:
            self._arriving_bytes += size_bytes
            self._arrived -= whole
            raise GatewayBusy
        return whole

    async def give_back(self) -> None:
        """Give the memory of many bodies that were released back to the system; the C library would keep it."""
        if self._freed_bytes > _MIN_GIVEN_BACK_BYTES:
            self._freed_bytes = 0
            await asyncio.to_thread(trim)

    def release(self, client: str, size_bytes: int, whole: int) -> None:
        """Give back what a body takes. whole: its slots, 0 if it has not arrived."""
        self._bytes_of[client] -= size_bytes
        if not self._bytes_of[client]:
            del self._bytes_of[client]
        self._freed_bytes += size_bytes
        self._arrived -= whole
        if not whole:
            self._arriving_bytes -= size_bytes


class Body:
    """The body of one request, and what it takes of the slots."""

    def __init__(self, slots: Slots, client: str) -> None:
        self._slots = slots
        self._client = client
        self._bytes = 0
        self._whole = 0

    def grow(self, size_bytes: int) -> None:
        """Count a body of which `size_bytes` have arrived. Raises GatewayBusy if there is no slot for more.

        A body that is read again, or that has arrived, does not grow; one larger than all slots takes all.
        """
        size_bytes = min(size_bytes, self._slots.size_bytes)
        if not self._whole and size_bytes > self._bytes:
            self._slots.receive(self._client, self._bytes, size_bytes - self._bytes)
            self._bytes = size_bytes

    def arrive(self) -> None:
        """Take whole slots, because all of the body has arrived. Raises GatewayBusy if too few are free."""
        if not self._whole:
            self._whole = self._slots.complete(self._bytes)

    def add(self, size_bytes: int) -> None:
        """Count content that is read from elsewhere for a request whose body has arrived. Raises GatewayBusy."""
        before = self._bytes
        self.release()
        self.grow(before + size_bytes)
        self.arrive()

    def release(self) -> None:
        """Give back what the body takes."""
        self._slots.release(self._client, self._bytes, self._whole)
        self._bytes = self._whole = 0
