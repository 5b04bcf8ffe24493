"""HTTP requests written by hand, to stop in the middle of one."""

import socket

import httpx

from tests.stack import Stack
from tests.waiting import PATIENCE_SECONDS


def connected(stack: Stack) -> socket.socket:
    """Return a connection to the gateway."""
    return socket.create_connection(("127.0.0.1", stack.port), timeout=PATIENCE_SECONDS)


def learn_request(person: str, directory: str, content: bytes, **headers: str) -> bytes:
    """Return the bytes of a complete request."""
    request = httpx.Request(
        "POST",
        "http://127.0.0.1/learn",
        headers=headers,
        data={"person": person, "directory": directory},
        files={"file": ("photo.jpg", content)},
    )
    lines = [f"{name}: {value}" for name, value in request.headers.items()]
    return "\r\n".join(["POST /learn HTTP/1.1", *lines, "", ""]).encode() + request.read()


def read_until(connection: socket.socket, end: bytes) -> bytes:
    """Return the bytes up to `end`. Raises ConnectionError if the connection ends earlier."""
    received = b""
    while not received.endswith(end):
        chunk = connection.recv(65_536)
        if not chunk:
            raise ConnectionError(f"closed after {received!r}")
        received += chunk
    return received
