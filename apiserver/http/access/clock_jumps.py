"""Notices that the clock of the machine was set.

A module of its own because rates are the only thing here that counts by that clock: the library's windows would refuse
a key until the clock reaches again what it showed before.
"""

from collections.abc import Callable
from time import monotonic, time

_SECONDS = 5.0
"""Clocks that are only corrected differ by less between two requests."""


class ClockJumps:
    """Compares the clock of the machine with one that is never set."""

    def __init__(self, clock: Callable[[], float] = time, steady: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._steady = steady
        self._ahead = clock() - steady()

    def happened(self) -> bool:
        """Tell whether the clock was set since the last question."""
        before, self._ahead = self._ahead, self._clock() - self._steady()
        return abs(self._ahead - before) > _SECONDS
