"""Sockets that detect when the other host disappears: the network is cut, or it lost power.

The kernel of a host acknowledges packets however busy its processes are, so missing acknowledgements mean that it
cannot be reached. Otherwise a request in flight would wait for the full timeout of a slow vectorizer.
"""

import socket
from typing import Any

LOST_SECONDS = 3
"""A host that acknowledged nothing for this long is lost."""

_OPTIONS = {
    "TCP_KEEPIDLE": 1,  # a connection that waits for an answer is idle, so keepalive probes check it
    "TCP_KEEPINTVL": 1,
    "TCP_KEEPCNT": LOST_SECONDS - 1,
    "TCP_USER_TIMEOUT": 1000 * LOST_SECONDS,
}


def open_socket(address: tuple[int, int, int, str, Any]) -> socket.socket:
    """Return a socket for an address from `getaddrinfo`."""
    family, kind, protocol, *_ = address
    opened = socket.socket(family, kind, protocol)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _OPTIONS.items():
        if (option := getattr(socket, name, None)) is not None:  # not all systems have all options
            opened.setsockopt(socket.IPPROTO_TCP, option, value)
    return opened
