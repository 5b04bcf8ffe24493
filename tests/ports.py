"""Ports for servers that are started later."""

import fcntl
import os
import socket
import tempfile
from itertools import count
from pathlib import Path

_FIRST, _LAST = 12_000, 20_000  # below those that a system gives to outgoing connections, any of which could take one
_numbers = count(os.getpid() * 40)
_taken = os.open(Path(tempfile.gettempdir(), f"faceserver-test-ports-{os.getuid()}"), os.O_RDWR | os.O_CREAT, 0o600)
"""A file of which each process has locked the bytes that are its ports."""


def free_port() -> int:
    """Return a port on which nothing listens, and which no other call in any process returns while this one runs."""
    while True:
        port = _FIRST + next(_numbers) % (_LAST - _FIRST)
        try:
            fcntl.lockf(_taken, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
            with socket.socket() as server:
                server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                server.bind(("127.0.0.1", port))
        except OSError:
            continue
        return port
