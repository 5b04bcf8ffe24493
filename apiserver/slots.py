"""The limit of photographs in progress, whose bytes stay in memory until their requests are answered."""

from collections.abc import Iterator
from contextlib import contextmanager

from apiserver.problems import GatewayBusy


class Slots:
    """A number of slots, each for one photograph of the maximum size."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._free = number

    @property
    def in_use(self) -> int:
        """Number of slots in use."""
        return self.number - self._free

    @contextmanager
    def taken(self, number: int = 1) -> Iterator[None]:
        """Take `number` slots while the block runs; a request that needs more than all slots takes all.

        Raises GatewayBusy at once if too few are free.
        """
        number = min(number, self.number)
        if number > self._free:
            raise GatewayBusy
        self._free -= number
        try:
            yield
        finally:
            self._free += number
