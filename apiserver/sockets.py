"""Sockets that notice when the other host is gone without a word: cut off, or without power.

The host's kernel confirms whatever arrives however busy its processes are, so silence of this kind means that it cannot
be reached. Without this, what is in flight would wait for an answer as long as for that of a slow vectorizer.
"""

import socket
from typing import Any

LOST_SECONDS = 3
"""A host that has confirmed nothing for so long is lost."""

_OPTIONS = {
    "TCP_KEEPIDLE": 1,  # an idle connection, as one that waits for an answer is, is asked for a sign of life
    "TCP_KEEPINTVL": 1,
    "TCP_KEEPCNT": LOST_SECONDS - 1,
    "TCP_USER_TIMEOUT": 1000 * LOST_SECONDS,
}


def open_socket(address: tuple[int, int, int, str, Any]) -> socket.socket:
    """Return a socket for an address as `getaddrinfo` gives it."""
    family, kind, protocol, *_ = address
    opened = socket.socket(family, kind, protocol)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _OPTIONS.items():
        if (option := getattr(socket, name, None)) is not None:  # not every system has all of them
            opened.setsockopt(socket.IPPROTO_TCP, option, value)
    return opened
