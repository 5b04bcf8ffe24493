"""A camera in the network, as a test plays it: pictures over HTTP that break off when the test says so."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from tests.calls import NO_TLS

_PAUSE_SECONDS = 0.02


class Camera:
    """Sends its present picture again and again; without one, it breaks off and refuses connections."""

    def __init__(self, port: int, picture: bytes | None) -> None:
        self.url = f"http://ann:open-sesame@127.0.0.1:{port}/"
        self.picture = picture


@contextmanager
def camera(picture: bytes | None) -> Iterator[Camera]:
    """Run a camera."""
    stopped = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if played.picture is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            with suppress(OSError):
                while (picture := played.picture) and not stopped.wait(_PAUSE_SECONDS):
                    head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
                    self.wfile.write(head.encode() + picture + b"\r\n")

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        played = Camera(server.server_port, picture)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield played
        finally:
            stopped.set()
            server.shutdown()
            thread.join()


@contextmanager
def failing_before(url: str, failures: range) -> Iterator[str]:
    """Yield the address of a proxy that answers the requests of these numbers, counted among the POSTs, with 502."""
    posted = 0

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            nonlocal posted
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            posted += self.command == "POST"
            if self.command == "POST" and posted in failures:
                self._answer(502, b"<html>Bad Gateway")
                return
            headers = {"Content-Type": self.headers.get("Content-Type", "text/plain")}
            answer = behind.request(self.command, self.path, headers=headers, content=body)
            self._answer(answer.status_code, answer.content)

        do_POST = do_GET  # noqa: N815 - a name of the library

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with (
        httpx.Client(base_url=url, timeout=None, trust_env=False, verify=NO_TLS) as behind,  # noqa: S113
        ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server,
    ):
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
