"""Ports for servers that are started later."""

import os
import socket
from itertools import count

_FIRST, _LAST = 12_000, 32_000  # below those that a system gives to outgoing connections, any of which could take one
_SHARE = 200
_numbers = count(os.getpid() * _SHARE)


def free_port() -> int:
    """Return a port on which nothing listens, which no other call returns and no outgoing connection takes."""
    while True:
        port = _FIRST + next(_numbers) % (_LAST - _FIRST)
        with socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                server.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
