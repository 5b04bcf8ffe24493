"""The limit of photographs in progress, whose bytes stay in memory until their requests are answered."""

from collections.abc import Iterator
from contextlib import contextmanager

from apiserver.problems import GatewayBusy


class Slots:
    """The slots of a gateway, each for one photograph of the maximum size."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._free = count

    @property
    def in_use(self) -> int:
        """Number of slots in use."""
        return self.count - self._free

    @contextmanager
    def taken(self, count: int = 1) -> Iterator[None]:
        """Take `count` slots while the block runs; a request that needs more than all slots takes all.

        Raises GatewayBusy at once if too few are free.
        """
        count = min(count, self.count)
        if count > self._free:
            raise GatewayBusy
        self._free -= count
        try:
            yield
        finally:
            self._free += count
