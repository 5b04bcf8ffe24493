"""A proxy that holds requests until it is told to let them through, so that what waits for them is not over before."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

from tests.calls import NO_TLS

_OF_THE_CONNECTION = {"connection", "content-length", "host", "transfer-encoding"}


class Gate:
    """Lets a number of POST requests through and holds those that follow; other requests always pass."""

    def __init__(self, port: int, passes: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.held = 0
        self.cut = 0
        """Requests that found nobody behind the gate."""
        self._passes = passes
        self._changed = threading.Condition()
        self._open = False

    def open(self) -> None:
        """Let through what is held and all that comes."""
        with self._changed:
            self._open = True
            self._changed.notify_all()

    def admit(self, connection: socket.socket) -> bool:
        """Return when a POST may pass: whether its client still waits."""
        with self._changed:
            if self._open or self._passes > 0:
                self._passes -= 1
                return True
            self.held += 1
            self._changed.wait_for(lambda: self._open)
        try:
            return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False


class _Server(ThreadingHTTPServer):
    def __init__(self, behind: httpx.Client, passes: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = behind
        self.gate = Gate(self.server_port, passes)

    def handle_error(self, *_: object) -> None:
        """Say nothing of a client that went away."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.command == "POST" and not self.server.gate.admit(self.connection):
            self.close_connection = True
        else:
            self._forward(body)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - names of the library

    def _forward(self, body: bytes) -> None:
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _OF_THE_CONNECTION}
        try:
            answer = self.server.behind.request(self.command, self.path, headers=headers, content=body)
        except httpx.TransportError:
            self.server.gate.cut += 1
            self.close_connection = True
            return
        self.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name not in _OF_THE_CONNECTION:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def gate_before(url: str, passes: int) -> Iterator[Gate]:
    """Run a gate in front of the service at `url`."""
    # Without a timeout: it waits for as long as its client does.
    with (
        httpx.Client(base_url=url, timeout=None, trust_env=False, verify=NO_TLS) as behind,  # noqa: S113
        _Server(behind, passes) as server,
    ):
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.gate
        finally:
            server.gate.open()
            server.shutdown()
            thread.join()
