"""The open connections of a server, counted by the address they come from."""

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from itertools import islice
from typing import Literal, Protocol

Reason = Literal["connections", "headers", "malformed", "pipelined", "slow", "unread"]
"""Why a connection was closed: too many connections, headers too long or too many, a malformed request, too many
requests ahead of their answers, a request that did not arrive in time, or an answer that nobody read."""

_MIN_SLOW_SECONDS = 1.0
_MAX_EXAMINED = 300
_LOG_SECONDS = 1.0
_MAX_REMEMBERED = 4096

_logger = logging.getLogger(__name__)


class Connection(Protocol):
    """A connection, as far as it is counted."""

    def slow_since(self) -> float | None:
        """Return since when its client sends nothing or too little, on the clock of `time.monotonic`; None if not."""

    def close(self) -> None:
        """Close it."""


class Connections:
    """The open connections of a server, and how many were closed for which reason.

    A full server, or a full address, closes for a new connection the one whose client has been slow for longest: it
    sends nothing, or less than the minimum rate. Thus slow clients displace each other.
    """

    def __init__(
        self, max_total: int, max_per_address: int = 0, is_exempt: Callable[[str], bool] = lambda _: False
    ) -> None:
        """max_per_address: 0 for no limit. is_exempt: tells whether an address is not limited."""
        self.closed: Counter[Reason] = Counter()
        self._max_total = max_total
        self._max_per_address = max_per_address
        self._is_exempt = is_exempt
        self._groups: defaultdict[str, dict[Connection, None]] = defaultdict(dict)
        self._group_of: dict[Connection, str] = {}
        self._noted = 0
        self._log_at = 0.0

    @property
    def count(self) -> int:
        """Number of open connections."""
        return len(self._group_of)

    def admit(self, connection: Connection, address: str) -> bool:
        """Count a new connection, or return False if neither it nor another one of its kind can be spared."""
        group = network_of(address)
        limited = bool(self._max_per_address) and bool(address) and not self._is_exempt(address)
        if limited and len(self._groups[group]) >= self._max_per_address and not self._spare(self._groups[group]):
            return False
        if self.count >= self._max_total and not self._spare(self._group_of):
            return False
        self._groups[group][connection] = None
        self._group_of[connection] = group
        return True

    def remove(self, connection: Connection) -> None:
        """Forget a connection that was closed, if it was admitted."""
        group = self._group_of.pop(connection, None)
        if group is None:
            return
        del self._groups[group][connection]
        if not self._groups[group]:
            del self._groups[group]

    def note(self, reason: Reason) -> None:
        """Count a connection that is closed, and log at most one line a second."""
        self.closed[reason] += 1
        self._noted += 1
        if (now := time.monotonic()) >= self._log_at:
            _logger.warning("Connections were closed by the server: %d, the last one as %s", self._noted, reason)
            self._noted, self._log_at = 0, now + _LOG_SECONDS

    def _spare(self, connections: Iterable[Connection]) -> bool:
        """Close the one of the oldest connections that has been slow for longest, unless all are in use."""
        idle = [
            (since, each) for each in islice(connections, _MAX_EXAMINED) if (since := each.slow_since()) is not None
        ]
        if not idle:
            return False
        since, connection = min(idle, key=lambda each: each[0])
        if time.monotonic() - since < _MIN_SLOW_SECONDS:
            return False
        self.remove(connection)
        self.note("connections")
        connection.close()
        return True


@lru_cache(_MAX_REMEMBERED)
def network_of(address: str) -> str:
    """Return the client of an address: itself, or the network of 64 bits, of which one host has all addresses."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:  # the name of a Unix socket
        return address
    if not isinstance(ip, IPv6Address) or ip.ipv4_mapped:
        return str(getattr(ip, "ipv4_mapped", None) or ip)
    return str(IPv6Address(int(ip) >> 64 << 64))
