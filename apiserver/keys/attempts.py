"""How many wrong keys an address may send.

By address and never by key: otherwise everybody who knows the id of a key could lock it.
"""

from collections import OrderedDict
from collections.abc import Callable
from math import ceil
from time import monotonic

from apiserver.problems import TooManyAttempts
from serving.http_server.connections import network_of

MAX_ATTEMPTS = 30
WINDOW_SECONDS = 60.0
_MAX_ADDRESSES = 10_000


class Attempts:
    """The wrong keys of each address in its current minute; of IPv6, of a network of 64 bits."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._failed: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def are_spent(self, address: str) -> bool:
        """Tell whether the address sent too many wrong keys."""
        return self._left(address) > 0

    def check(self, address: str) -> None:
        """Raise TooManyAttempts if the address sent too many wrong keys."""
        if (left := self._left(address)) > 0:
            problem = TooManyAttempts()
            problem.retry_after_seconds = ceil(left)
            raise problem

    def _left(self, address: str) -> float:
        """Return the seconds that the address has to wait."""
        begun, count = self._failed.get(network_of(address), (0.0, 0))
        return begun + WINDOW_SECONDS - self._clock() if count >= MAX_ATTEMPTS else 0.0

    def failed(self, address: str) -> None:
        """Count a wrong key. The addresses longest without a new minute are forgotten first."""
        network, now = network_of(address), self._clock()
        begun, count = self._failed.get(network, (now, 0))
        if now >= begun + WINDOW_SECONDS:
            del self._failed[network]
            begun, count = now, 0
        self._failed[network] = begun, count + 1
        if len(self._failed) > _MAX_ADDRESSES:
            self._failed.popitem(last=False)
