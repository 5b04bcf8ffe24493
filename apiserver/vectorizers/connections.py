"""Connections to the vectorizers: HTTP/1.1, one request at a time on each; see docs/adr/0082."""

import asyncio
import socket
import ssl
from collections import defaultdict
from contextlib import suppress
from typing import NamedTuple, cast
from urllib.parse import urlsplit

import httptools

_CONNECT_TIMEOUT_SECONDS = 2
# Shorter than any server keeps an idle connection, so that none is reused at the moment the server closes it.
_KEEPALIVE_SECONDS = 2

LOST_SECONDS = 3
"""A host that acknowledged nothing for this long is lost."""

_OPTIONS = {
    "TCP_KEEPIDLE": 1,  # a connection that waits for an answer is idle, so keepalive probes check it
    "TCP_KEEPINTVL": 1,
    "TCP_KEEPCNT": LOST_SECONDS - 1,
    "TCP_USER_TIMEOUT": 1000 * LOST_SECONDS,
}


class ConnectTimeout(TimeoutError):
    """Connecting took too long."""


class Cut(ConnectionError):
    """An established connection was closed before the answer was complete."""


class Malformed(OSError):
    """The answer is not one of HTTP/1.1."""


class Answer(NamedTuple):
    """The status and the body of an answer."""

    status: int
    body: bytes


class Connections:
    """Connections by the URL of their vectorizer; they are opened on demand."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._idle: defaultdict[str, list[_Connection]] = defaultdict(list)

    async def ask(self, url: str, head: bytes, body: bytes, server_name: str | None = None) -> Answer:
        """Send a request to the vectorizer at `url` and return its answer.

        server_name: the name that its certificate must have. Raises ConnectTimeout, Cut, Malformed, or another OSError
        of connecting.
        """
        connection = self._kept(url) or await self._opened(url, server_name)
        try:
            answer = await connection.ask(head, body)
        except BaseException:  # also if nobody waits any more: the vectorizer then ends its work
            connection.abort()
            raise
        if connection.is_reusable():
            connection.idle_since = asyncio.get_running_loop().time()
            self._idle[url].append(connection)
        else:
            connection.abort()
        return answer

    def close(self) -> None:
        """Close the connections that are not in use."""
        for kept in self._idle.values():
            for connection in kept:
                connection.abort()
        self._idle.clear()

    def _kept(self, url: str) -> "_Connection | None":
        """Return the connection that was used last, unless it is too old, as all before it are then."""
        kept = self._idle[url]
        oldest = asyncio.get_running_loop().time() - _KEEPALIVE_SECONDS
        while kept and (kept[0].idle_since < oldest or not kept[0].is_reusable()):
            kept.pop(0).abort()
        while kept:
            if (connection := kept.pop()).is_reusable():
                return connection
        return None

    async def _opened(self, url: str, server_name: str | None) -> "_Connection":
        parts = urlsplit(url)
        host, port, tls = parts.hostname or "", parts.port or 0, self._tls if parts.scheme == "https" else None
        try:
            async with asyncio.timeout(_CONNECT_TIMEOUT_SECONDS):
                _, connection = await asyncio.get_running_loop().create_connection(
                    _Connection,
                    host,
                    port,
                    ssl=tls,
                    server_hostname=(server_name or host) if tls else None,
                )
        except TimeoutError as error:
            raise ConnectTimeout from error
        return connection


class _Connection(asyncio.Protocol):
    """A connection, and the parser of its answers."""

    def __init__(self) -> None:
        self.idle_since = 0.0
        self._parser = httptools.HttpResponseParser(self)
        self._body: list[bytes] = []
        self._answer: asyncio.Future[Answer] | None = None
        self._is_kept = False

    async def ask(self, head: bytes, body: bytes) -> Answer:
        """Send a request and return the answer. Raises Cut or Malformed."""
        self._answer = asyncio.get_running_loop().create_future()
        self._is_kept = False
        self._transport.writelines((head, body))
        return await self._answer

    def is_reusable(self) -> bool:
        """Tell whether another request may be sent: an answer can come before its request was sent completely."""
        return self._is_kept and not self._transport.is_closing() and not self._transport.get_write_buffer_size()

    def abort(self) -> None:
        """Close the connection without sending what is left."""
        self._transport.abort()

    # What the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        self._transport = cast("asyncio.Transport", transport)
        watch(self._transport.get_extra_info("socket"))

    def data_received(self, data: bytes) -> None:
        """Parse a part of the answer."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(Malformed(str(error)))
            self.abort()

    def connection_lost(self, error: Exception | None) -> None:
        """Tell waiting callers that no answer will come."""
        self._is_kept = False
        self._fail(Cut(str(error or "The vectorizer closed the connection.")))

    def _fail(self, error: OSError) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(error)

    # What the parser calls

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """Hand the answer over."""
        status, body = self._parser.get_status_code(), b"".join(self._body)
        self._body.clear()
        if status < 200:  # an interim response
            return
        self._is_kept = self._parser.should_keep_alive()
        if self._answer and not self._answer.done():
            self._answer.set_result(Answer(status, body))


def watch(endpoint: socket.socket) -> None:
    """Let a socket detect when the other host disappears.

    The kernel of a host acknowledges packets however busy its processes are, so missing acknowledgements mean that
    its network is cut, or that it lost power. Otherwise a request in flight would wait for its whole timeout.
    """
    with suppress(OSError):  # it is closed again already
        endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _OPTIONS.items():
            if (option := getattr(socket, name, None)) is not None:  # not all systems have all options
                endpoint.setsockopt(socket.IPPROTO_TCP, option, value)
