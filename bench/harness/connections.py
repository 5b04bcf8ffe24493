"""Bare HTTP/1.1 over asyncio: one request at a time on a kept connection.

The load generator shares the machine with what it measures; an HTTP library costs as much as a gateway.
"""

import asyncio
from dataclasses import dataclass
from typing import Self


class NoAnswer(Exception):
    """A request without an answer, or with a malformed one; the message is a slug."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came; `head` is the status line and the header, in lower case."""

    head: bytes
    body: bytes

    @property
    def status(self) -> int:
        """The status code."""
        return int(self.head[9:12])

    def header(self, name: bytes) -> str | None:
        """The value of a header field, its name in lower case; None if it is absent."""
        return _header(self.head, name)

    @property
    def keeps_connection(self) -> bool:
        """Whether another request may follow on the connection."""
        return self.header(b"connection") != "close"


class Connection(asyncio.Protocol):
    """One connection to a server."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._waiting: asyncio.Future[Answer] | None = None
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def opened(cls, host: str, port: int) -> Self:
        """Connect. Raises OSError if nobody listens."""
        _, connection = await asyncio.get_running_loop().create_connection(cls, host, port)
        return connection

    @property
    def is_open(self) -> bool:
        """Whether, as far as is known here, the server still listens to this connection."""
        return self._transport is not None and not self._transport.is_closing()

    async def ask(self, message: bytes) -> Answer:
        """Send a whole request and return the answer. Raises NoAnswer when the server closes the connection first."""
        if self._transport is None:
            raise NoAnswer("connection-closed")
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(message)
        return await self._waiting

    def close(self) -> None:
        """Close at once, without waiting for anything."""
        if self._transport:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Collect, until the answer is whole."""
        self._received += data
        try:
            answer = read_answer(self._received)
        except NoAnswer as error:
            self._fail(error)
            self.close()
            return
        if answer and self._waiting and not self._waiting.done():
            self._received.clear()
            self._waiting.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell who waits that no answer will come."""
        self._transport = None
        self._fail(NoAnswer("connection-closed" if exc is None else "connection-reset"))

    def _fail(self, error: NoAnswer) -> None:
        if self._waiting and not self._waiting.done():
            self._waiting.set_exception(error)


def read_answer(received: bytes | bytearray) -> Answer | None:
    """Return the answer that `received` begins with, None while it is not whole.

    Raises NoAnswer if its length is missing; the services always send it.
    """
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = bytes(received[:end]).lower()
    length = _header(head, b"content-length")
    if length is None:
        raise NoAnswer("answer-without-length")
    body = bytes(received[end + 4 : end + 4 + int(length)])
    return Answer(head, body) if len(body) == int(length) else None


def _header(head: bytes, name: bytes) -> str | None:
    start = head.find(b"\r\n" + name + b":")
    if start < 0:
        return None
    end = head.find(b"\r\n", start + 2)
    return head[start + len(name) + 3 : end if end >= 0 else None].strip().decode()
