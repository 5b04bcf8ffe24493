"""How much is taken in at once, counted in photographs, whose bytes stand in memory until they are answered."""

from collections.abc import Iterator
from contextlib import contextmanager

from apiserver.problems import GatewayBusy


class Places:
    """So many places, each for a photograph of the greatest size."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._free = number

    @property
    def in_use(self) -> int:
        """How many are taken."""
        return self.number - self._free

    @contextmanager
    def taken(self, number: int = 1) -> Iterator[None]:
        """Take places for as long as what is inside lasts; all there are for what needs more than that.

        Raises GatewayBusy at once where there are too few.
        """
        number = min(number, self.number)
        if number > self._free:
            raise GatewayBusy
        self._free -= number
        try:
            yield
        finally:
            self._free += number
