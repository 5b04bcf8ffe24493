"""uvicorn's HTTP protocol, with bounds on time and memory for every connection; see docs/adr/0051."""

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from serving.http_server.connections import Connections, Reason
from serving.http_server.heads import MAX_HEAD_BYTES, refusal
from serving.problem_responses import problem_details
from serving.problems import HeadersTooLarge, MalformedRequest, Problem, RequestTimeout, TooManyConnections

MAX_QUEUED = 16
"""Maximum number of requests of a connection that wait for the answers to earlier ones."""

_LINGER_SECONDS = 2.0
_STALL_SECONDS = 30.0
_STALL_BYTES = 65_536
_MAX_LEFTOVER_SECONDS = 60.0
_MAX_UNSENT_BYTES = 131_072

_REASONS: dict[type[Problem], Reason] = {HeadersTooLarge: "headers", RequestTimeout: "slow"}


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The times that a client has.

    head_seconds: to send the request line and all headers. bytes_per_second: minimum rate of a body that is discarded
    because its request was answered before.
    """

    head_seconds: float = 10.0
    bytes_per_second: float = 10_000.0


class _Refused(Exception):
    pass


class _Flow(FlowControl):
    """Reads nothing while requests are queued: uvicorn would read on after each answer, to queue more of them."""

    def __init__(self, transport: asyncio.Transport, pipeline: deque[Any]) -> None:
        super().__init__(transport)
        self._pipeline = pipeline
        self.ended = False
        """Whether nothing more is read."""

    def resume_reading(self) -> None:
        if not self._pipeline and not self.ended:
            super().resume_reading()


class _LastAnswer:
    """The transport of an answer after which the connection lingers, where uvicorn would close it."""

    def __init__(self, transport: asyncio.Transport, close: Callable[[], None]) -> None:
        self.write = transport.write
        self.is_closing = transport.is_closing
        self.close = close


class BoundedProtocol(HttpToolsProtocol):
    """One connection.

    It bounds the requests that are queued, the size and number of headers, what surrounds the chunks of a body, the
    time until the headers are complete, the time in which nobody reads an answer, and the body of a request that was
    answered before it arrived. The time of other bodies is bounded where they are read; see `serving.pace`.
    """

    flow: _Flow  # from connection_made on

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        connections: Connections,
        deadlines: Deadlines,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._open = connections
        self._deadlines = deadlines
        self._timer: asyncio.TimerHandle | None = None
        """Ends the wait for a head, or for the rest of a body that is discarded."""
        self._write_timer: asyncio.TimerHandle | None = None
        self._in_head = True
        """Whether a head, rather than a body, is to come or has begun to."""
        self._begun = False
        """Whether a part of that head has come."""
        self._fresh = False
        """Whether a message began in the bytes that are being parsed."""
        self._counted = 0
        """Bytes of the head, or around the chunks of the body."""
        self._received = self._before = self._head_at = 0
        """Bytes in all, before those that are being parsed, and before those with which the message began."""
        self._since, self._since_bytes = 0.0, 0
        """When the server began to wait for what the client sends now, and what it had received by then."""
        self._problem: Problem | None = None
        """Why parsing was ended."""

    # What the transport calls

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count the connection, and begin to wait for its first request."""
        super().connection_made(transport)
        self.flow = _Flow(transport, self.pipeline)
        if not self._open.admit(self, self.client[0] if self.client else ""):
            self._open.note("connections")
            self.flow.ended = True
            transport.write(_answer(TooManyConnections(), self.server_state.default_headers))
            transport.close()
            return
        _bound_unsent(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._open.remove(self)
        self._stop_timer()
        if self._write_timer:
            self._write_timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what the client sent."""
        if self.flow.ended:
            return
        self._before, self._received = self._received, self._received + len(data)
        if self.timeout_keep_alive_task is not None:
            self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self._end_parsing()
            return
        except httptools.HttpParserUpgrade as upgrade:
            head = self._head_without_upgrade()
            self.parser = _parser(self)  # the old one takes no more bytes if the head also says Connection: close
            self.data_received(head + data[upgrade.args[0] :])
            return
        if self._fresh:
            self._fresh = False
        else:
            self._count(len(data))
        if self._in_head and self._timer is None and (self.cycle is None or self.cycle.response_complete):
            self._wait_for_head()

    def pause_writing(self) -> None:
        """Note that the client does not read."""
        super().pause_writing()
        self._watch_reader()

    def resume_writing(self) -> None:
        """Note that the client has read."""
        super().resume_writing()
        if self._write_timer and not self.transport.is_closing():
            self._write_timer.cancel()
            self._write_timer = None

    # What the parser calls

    def on_message_begin(self) -> None:
        """Begin a request, unless too many are queued."""
        if len(self.pipeline) >= MAX_QUEUED:
            self._end_after_answer()  # the client sends again what comes after it
            self._open.note("pipelined")
            raise _Refused
        self._begun = self._fresh = True
        self._head_at, self._counted = self._before, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Begin the work for a request, or queue it."""
        self._in_head = self._begun = False
        self._counted = 0
        self._since, self._since_bytes = self.loop.time(), self._received
        size = self._received - self._head_at
        if problem := refusal(self.headers, self.url, self.parser.get_method(), self.parser.get_http_version(), size):
            self._problem = problem
            raise _Refused
        if self._timer is not None:
            self._stop_timer()
        if not self.parser.should_upgrade():
            super().on_headers_complete()
            self.headers = []  # gets the trailers, which no call has

    def on_body(self, body: bytes) -> None:
        """Keep a piece of a body for the app."""
        self._counted -= 2 * len(body)  # as many bytes again may surround it
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        self._in_head = True
        if self._timer is not None:
            self._stop_timer()
        if not self.parser.should_upgrade():
            super().on_message_complete()

    # What uvicorn calls

    def on_response_complete(self) -> None:
        """Begin the next request, or wait for it."""
        super().on_response_complete()
        self._since, self._since_bytes = self.loop.time(), self._received
        if self.transport.is_closing() or self.flow.ended:
            self._watch_reader()
        elif not self.cycle.response_complete:
            pass  # it is the next request's
        elif not self._in_head:
            self._unset_keepalive_if_required()
            self._wait_for_rest(self.loop.time() + _MAX_LEFTOVER_SECONDS)
        elif self._begun:
            self._unset_keepalive_if_required()
            self._wait_for_head()

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that was not used again."""
        self.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Log nothing: the request is answered as HTTP/1.1."""

    # What the connections call

    def slow_since(self) -> float | None:
        """Return since when the server waits for a client that sends nothing, or less than the minimum rate."""
        if not self._is_idle() and (self._in_head or self.flow.read_paused):
            return None
        enough = (self.loop.time() - self._since) * self._deadlines.bytes_per_second
        return self._since if self._received - self._since_bytes < enough else None

    def close(self) -> None:
        """Close the connection once the client has read what was written, or has had enough time for that."""
        self.transport.close()
        self._watch_reader()

    # Its own

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _count(self, size: int) -> None:
        """Count bytes of a head, or around the chunks of a body, that came after those with which it began."""
        if self._begun or not self._in_head:
            self._counted += size
            if self._counted > MAX_HEAD_BYTES:
                self._end(HeadersTooLarge() if self._begun else MalformedRequest(), "headers")

    def _head_without_upgrade(self) -> bytes:
        """Return the head of a request for an upgrade without it; the parser takes its body for another protocol's.

        HTTP clients that prefer HTTP/2 send such requests.
        """
        headers = [(name, value) for name, value in self.headers if name != b"upgrade"]
        lines = [b"%s: %s\r\n" % each for each in headers]
        version = self.parser.get_http_version().encode()
        return b"%s %s HTTP/%s\r\n%s\r\n" % (self.parser.get_method(), self.url, version, b"".join(lines))

    def _end_parsing(self) -> None:
        """End a connection whose bytes cannot be parsed, or shall not be."""
        if not self.flow.ended:
            problem = self._problem or MalformedRequest()
            self._end(problem, _REASONS.get(type(problem), "malformed"))
        else:
            self.flow.pause_reading()

    def _end(self, problem: Problem, reason: Reason) -> None:
        """Answer with a problem, unless another answer would be taken for it, and close the connection."""
        self._open.note(reason)
        self.flow.ended = True
        self._stop_timer()
        self._unset_keepalive_if_required()
        if not self._is_idle():
            if self._in_head:  # the latest request has arrived
                self._end_after_answer()
                return
            if self.pipeline or self.cycle.response_started:
                self.close()
                return
            self.cycle.disconnected = True  # its body is malformed
            self.cycle.message_event.set()
        self.transport.write(_answer(problem, self.server_state.default_headers))
        self._linger()

    def _end_after_answer(self) -> None:
        """Let the answer to the latest request be the last one, and read nothing more."""
        self.flow.ended = True
        self.cycle.keep_alive = False
        self.cycle.transport = cast("asyncio.Transport", _LastAnswer(self.transport, self._linger))

    def _linger(self) -> None:
        """Close when the client has read the answer: closed with unread bytes, TCP would take the answer back."""
        FlowControl.resume_reading(self.flow)  # to discard
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._stop_timer()
        self._timer = self.loop.call_later(_LINGER_SECONDS, self.close)

    def _wait_for_head(self) -> None:
        self._since, self._since_bytes = self.loop.time(), self._received
        self._timer = self.loop.call_later(self._deadlines.head_seconds, self._miss_head)

    def _miss_head(self) -> None:
        self._timer = None
        if self._begun:
            self._end(RequestTimeout(), "slow")
        else:
            self._open.note("slow")
            self.close()

    def _wait_for_rest(self, until: float) -> None:
        """Discard the rest of a body whose request was answered, as long as it comes fast enough."""
        self._timer = self.loop.call_later(self._deadlines.head_seconds, self._examine_rest, self._received, until)

    def _examine_rest(self, before: int, until: float) -> None:
        self._timer = None
        enough = self._deadlines.head_seconds * self._deadlines.bytes_per_second
        if self._received - before < enough or self.loop.time() >= until:
            self._open.note("slow")
            self.close()
        else:
            self._wait_for_rest(until)

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _watch_reader(self) -> None:
        """Cut the connection if its client does not read what was written."""
        if self._write_timer is None and (left := self.transport.get_write_buffer_size()):
            self._write_timer = self.loop.call_later(_STALL_SECONDS, self._examine_reader, left)

    def _examine_reader(self, before: int) -> None:
        self._write_timer = None
        if before - self.transport.get_write_buffer_size() < min(before, _STALL_BYTES):
            self._open.note("unread")
            self.transport.abort()
        else:
            self._watch_reader()


def _parser(protocol: BoundedProtocol) -> httptools.HttpRequestParser:
    """Return a parser like uvicorn's."""
    parser = httptools.HttpRequestParser(protocol)
    parser.set_dangerous_leniencies(lenient_data_after_close=True)
    return parser


def _bound_unsent(transport: asyncio.Transport) -> None:
    """Keep the kernel from buffering megabytes of answers for a client that does not read them."""
    endpoint = transport.get_extra_info("socket")
    option = getattr(socket, "TCP_NOTSENT_LOWAT", None)  # not all systems have it
    if option is not None and endpoint is not None and endpoint.family != socket.AF_UNIX:
        endpoint.setsockopt(socket.IPPROTO_TCP, option, _MAX_UNSENT_BYTES)


def _answer(problem: Problem, default_headers: list[tuple[bytes, bytes]]) -> bytes:
    body = problem_details(problem).model_dump_json().encode()
    headers = [
        *((name, value) for name, value in default_headers if name != b"connection"),
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
    return STATUS_LINE[problem.status] + lines + b"\r\n" + body
