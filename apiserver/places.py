"""How many photographs are taken in at once, whose bytes stand in memory until they are answered."""

from collections.abc import Iterator
from contextlib import contextmanager

from apiserver.problems import GatewayBusy


class Places:
    """So many places for requests."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._free = number

    @property
    def in_use(self) -> int:
        """How many are taken."""
        return self.number - self._free

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Take a place for as long as what is inside lasts. Raises GatewayBusy at once where there is none."""
        if not self._free:
            raise GatewayBusy
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1
