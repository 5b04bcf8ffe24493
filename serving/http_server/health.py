"""Liveness and readiness on a separate port, answered by a thread while the event loop is busy or hangs."""

import json
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer

_MAX_THREADS = 32
_CLIENT_SECONDS = 2.0
_STALE_SECONDS = 15.0
_POLL_SECONDS = 0.05

Answer = tuple[int, bytes]
"""Status and JSON."""


class Health:
    """What the event loop last said, and when."""

    def __init__(self, stall_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """stall_seconds: if the event loop has not turned for this long, the process is not alive."""
        self._stall_seconds = stall_seconds
        self._clock = clock
        self._turned_at: float | None = None
        self._ready: Answer = _problem("The service has not started yet.")
        self._ready_at: float | None = None
        self._stopping = False

    def turned(self) -> None:
        """Note that the event loop turns; called by the loop."""
        self._turned_at = self._clock()

    def answered(self, ready: Answer) -> None:
        """Note what the service answered to `GET /health/ready`."""
        self._ready, self._ready_at = ready, self._clock()

    def stopping(self) -> None:
        """Note that the service stops: it is not ready, and its supervisor bounds the time."""
        self._stopping = True

    def live(self) -> Answer:
        """Return the answer to `GET /health/live`."""
        if self._turned_at is None:
            return _problem("The service has not started yet.")
        seconds = self._clock() - self._turned_at
        if seconds > self._stall_seconds and not self._stopping:
            return _problem(f"The event loop has not turned for {seconds:.0f} s.", status="stalled")
        return 200, b'{"status":"alive"}'

    def ready(self) -> Answer:
        """Return the answer to `GET /health/ready`, at most some seconds old."""
        if self._stopping:
            return _problem("The service is about to stop.")
        if self.live()[0] != 200:
            return self.live()
        if self._ready_at is not None and self._clock() - self._ready_at > _STALE_SECONDS:
            return _problem("The service has not checked for some time whether it is ready.")
        return self._ready


@contextmanager
def health_served(health: Health | None, host: str, port: int | None) -> Iterator[None]:
    """Serve the health on a thread while the block runs. Does nothing without a port.

    Ends the process with a message if it cannot listen on the port.
    """
    if port is None or health is None:
        yield
        return
    try:
        server = _Server(host, port, {"/health/live": health.live, "/health/ready": health.ready})
    except OSError as error:
        sys.exit(f"The health cannot be served at {host}:{port}: {error.strerror}.")
    thread = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), name="health", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, host: str, port: int, answers: dict[str, Callable[[], Answer]]) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.answers = answers
        self._free = threading.BoundedSemaphore(_MAX_THREADS)
        self._open: deque[socket.socket] = deque()
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        """Bind without asking a name server for the host's name, which may take seconds."""
        TCPServer.server_bind(self)

    def process_request(self, request: object, client_address: object) -> None:
        """Answer on another thread, so that a slow client holds up nobody; the slowest of too many is sent away."""
        assert isinstance(request, socket.socket)  # noqa: S101 - for the types
        if not self._free.acquire(blocking=False):
            with suppress(IndexError, OSError):  # it ended just now
                self._open.popleft().shutdown(socket.SHUT_RDWR)
            self._free.acquire()
        self._open.append(request)
        super().process_request(request, client_address)

    def process_request_thread(self, request: object, client_address: object) -> None:
        try:
            super().process_request_thread(request, client_address)  # type: ignore[arg-type]
        finally:
            with suppress(ValueError):  # it was sent away
                self._open.remove(request)  # type: ignore[arg-type]
            self._free.release()

    def handle_error(self, *_: object) -> None:
        """Say nothing of a client that went away."""


class _Handler(BaseHTTPRequestHandler):
    timeout = _CLIENT_SECONDS
    server: _Server

    def do_GET(self) -> None:
        answer = self.server.answers.get(self.path)
        status, body = answer() if answer else (404, b'{"detail":"This path does not exist."}')
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - a name of the library

    def version_string(self) -> str:
        return "faceserver"

    def log_message(self, *_: object) -> None:
        pass


def _problem(sentence: str, status: str = "unavailable") -> Answer:
    return 503, json.dumps({"status": status, "detail": sentence}).encode()
