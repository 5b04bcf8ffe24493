"""Repetition of calls, with real sockets that refuse, break and answer that they are busy."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from faceserver import AsyncClient, Client
from faceserver.errors import Busy, Outage, Refused, UnexpectedAnswer, Unreachable
from tests.ports import free_port

pytestmark = pytest.mark.timing

VERSION = b'{"service": "apiserver", "version": "1", "a newer field": []}'
BUSY = b'{"detail": "Too much.", "code": "gateway-busy", "request_id": "7"}'
Answer = tuple[int, dict[str, str], bytes]

JOB = b'{"job": "7", "url": "/jobs/7"}'


def page(*names: str, following: str | None = None) -> bytes:
    items = [{"directory": name, "persons": 0, "faces": 0, "created_at": "2026-11-22T09:00:00Z"} for name in names]
    return json.dumps({"items": items, "next": following}).encode()


@contextmanager
def answering(*answers: Answer) -> Iterator[tuple[str, list[str]]]:
    """Yield the address of a server that gives these answers in turn, repeating the last, and the received requests.

    Status 0 closes the connection without an answer. A request with an Idempotency-Key is recorded with the key.
    """
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            key = self.headers["Idempotency-Key"]
            asked.append(f"{self.path} {key}" if key else self.path)
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, headers, body = answers[min(len(asked), len(answers)) - 1]
            if status == 0:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = "Content-Length" in headers

        do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - names of the library

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_busy_service_is_retried_after_retry_after():
    with answering((503, {"Retry-After": "1"}, BUSY), (200, {}, VERSION)) as (url, asked), Client(url) as client:
        begun = time.monotonic()
        assert client.version().version == "1"
        assert time.monotonic() - begun >= 1
        assert len(asked) == 2


def test_a_broken_connection_is_retried():
    with answering((0, {}, b""), (0, {}, b""), (200, {}, VERSION)) as (url, asked), Client(url) as client:
        assert client.version().service == "apiserver"
        assert len(asked) == 3


async def test_asyncio_calls_are_retried_too():
    with answering((0, {}, b""), (503, {"Retry-After": "0"}, BUSY), (200, {}, VERSION)) as (url, asked):
        async with AsyncClient(url) as client:
            assert (await client.version()).service == "apiserver"
        assert len(asked) == 3


def test_retries_end_with_patience_seconds():
    with (
        answering((503, {"Retry-After": "0"}, BUSY)) as (url, asked),
        Client(url, patience_seconds=5) as client,
        pytest.raises(Busy, match=r"Too much\.") as raised,
    ):
        client.version()
    assert 2 <= len(asked) <= 6, "after pauses of at least 0.1, 0.2, 0.4, 0.8 and 1.6 seconds"
    assert (raised.value.code, raised.value.status, raised.value.request_id) == ("gateway-busy", 503, "7")


def test_a_retry_after_longer_than_patience_is_not_awaited():
    with (
        answering((503, {"Retry-After": "60"}, BUSY)) as (url, asked),
        Client(url) as client,
        pytest.raises(Busy),
    ):
        client.version()
    assert len(asked) == 1


def test_a_call_with_a_second_effect_is_repeated_with_one_idempotency_key():
    with (
        answering((0, {}, b""), (409, {"Retry-After": "0"}, BUSY), (202, {}, JOB)) as (url, asked),
        Client(url) as client,
    ):
        assert client.start_export().job == "7"
        assert client.start_export().job == "7"
    first, second, third, other = (each.partition(" ")[2] for each in asked)
    assert first == second == third != other
    assert len(first) == len(other) == 36


def test_a_call_refused_the_second_time_is_repeated_only_if_it_did_not_arrive():
    with answering((503, {"Retry-After": "0"}, BUSY), (0, {}, b"")) as (url, asked), Client(url) as client:
        for once in (
            lambda: client.delete_person("ann"),
            lambda: client.patch_person("ann", rename="anna"),
            lambda: client.put_directory(if_match=3),
            lambda: client.put_directory(if_absent=True),
        ):
            with pytest.raises(Unreachable):
                once()
    assert len(asked) == 2 + 1 + 1 + 1


def test_a_truncated_file_is_fetched_again(tmp_path: Path):
    broken = (200, {"Content-Length": "6"}, b"zi")
    with answering(broken, (200, {}, b"zipped")) as (url, asked), Client(url) as client:
        assert client.export_person("ann", tmp_path / "ann.zip") == tmp_path / "ann.zip"
        assert len(asked) == 2
    assert (tmp_path / "ann.zip").read_bytes() == b"zipped"
    with answering(broken) as (url, _), Client(url, patience_seconds=0) as client, pytest.raises(Unreachable):
        client.export_person("ann", tmp_path / "bo.zip")
    with answering((503, {}, BUSY)) as (url, _), Client(url) as client, pytest.raises(Busy):
        client.export_person("ann", tmp_path / "bo.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["ann.zip"], "nothing half is left"


async def test_pages_are_requested_when_they_are_needed():
    pages: list[Answer] = [
        (200, {}, page("a", "b", following="1 &")),
        (200, {}, page(following="2")),
        (200, {}, page("c")),
    ]
    with answering(*pages) as (url, asked), Client(url) as client:
        listed = client.directories(prefix="x")
        assert asked == []
        assert next(listed).directory == "a"
        assert asked == ["/directories?limit=1000&prefix=x"]
        assert [one.directory for one in listed] == ["b", "c"]
        assert asked[1:] == [f"/directories?limit=1000&prefix=x&cursor={cursor}" for cursor in ("1+%26", "2")]
    with answering(*pages) as (url, _):
        async with AsyncClient(url) as client:
            assert [one.directory async for one in client.directories()] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((500, {"Retry-After": "0"}, b'{"detail": "-", "code": "vectorizer-failed", "request_id": null}'), Outage),
        ((503, {}, BUSY), Busy),
        ((400, {"Retry-After": "0"}, b'{"status": "-", "code": "invalid-form", "persons": null}'), Refused),
        ((502, {"Retry-After": "0"}, b"<html>nginx"), UnexpectedAnswer),
        ((500, {}, b"[]"), UnexpectedAnswer),
        ((404, {}, b'{"detail": "Not Found"}'), UnexpectedAnswer),
        ((307, {"Location": "/"}, b""), UnexpectedAnswer),
        ((200, {}, b"<html>"), UnexpectedAnswer),
        ((200, {}, b'{"service": "other"}'), UnexpectedAnswer),
    ],
)
def test_other_failures_are_not_repeated(answer: tuple[int, dict[str, str], bytes], error: type[Exception]):
    with answering(answer) as (url, asked), Client(url) as client, pytest.raises(error):
        client.version()
    assert len(asked) == 1


def test_a_refused_connection_is_unreachable():
    url = f"http://127.0.0.1:{free_port()}"
    with Client(url, patience_seconds=0.2) as client, pytest.raises(Unreachable, match=url):
        client.version()


def test_a_timeout_is_not_repeated():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        begun = time.monotonic()
        with Client(url, timeout_seconds=0.3) as client, pytest.raises(Unreachable, match="timed out"):
            client.version()
        assert time.monotonic() - begun >= 0.3
        silent.accept()[0].close()
        silent.setblocking(False)
        with pytest.raises(BlockingIOError):
            silent.accept()


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "localhost", "", "ftp://localhost", "http://"])
def test_an_invalid_address_is_refused_at_once(url: str):
    with pytest.raises(ValueError, match="is not a valid URL"):
        Client(url)


def test_a_path_prefix_of_the_service_is_kept():
    with answering((200, {}, VERSION)) as (url, asked), Client(f"{url}/faces/") as client:
        client.version()
    assert asked == ["/faces/version"]


def test_a_given_httpx_client_is_used_and_not_closed():
    with answering((200, {}, VERSION)) as (url, asked), httpx.Client(trust_env=False) as http:
        with Client(url, http=http) as client:
            client.version()
        assert not http.is_closed
    assert len(asked) == 1


def test_proxies_are_not_used_for_this_machine(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with answering((200, {}, VERSION)) as (url, _), Client(url, patience_seconds=0) as client:
        assert client.version().version == "1"


@contextmanager
def recording(status: int, **headers: str) -> Iterator[tuple[int, list[str | None]]]:
    """Yield the port of a server with one answer, and what requests to it had in Authorization and x-api-key."""
    sent: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sent.extend(self.headers.get_all(name, [None])[0] for name in ("Authorization", "x-api-key"))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(VERSION)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_port, sent
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"], ids=["another host", "another port"])
async def test_a_redirect_takes_no_key_to_another_address(host: str):
    with (
        recording(200) as (other, taken),
        recording(307, Location=f"http://{host}:{other}/version") as (first, sent),
    ):
        url = f"http://127.0.0.1:{first}"
        with Client(url, key="fs_key") as plain, pytest.raises(UnexpectedAnswer):
            plain.version()
        assert (sent, taken) == (["Bearer fs_key", None], [])
        with httpx.Client(follow_redirects=True) as http, Client(url, key="fs_key", http=http) as following:
            assert following.version().version == "1"
        async with (
            httpx.AsyncClient(follow_redirects=True) as loop_http,
            AsyncClient(url, key="fs_key", http=loop_http) as awaited,
        ):
            assert (await awaited.version()).version == "1"
        assert taken == [None] * 4


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_key_is_not_sent_in_the_clear_unnoticed(kind: type[Client | AsyncClient], recwarn: pytest.WarningsRecorder):
    for url in ("https://faces.example.org", "http://127.0.0.1:8080", "http://localhost", "http://[::1]:8080"):
        kind(url, key="fs_key")
    kind("http://faces.example.org")
    assert len(recwarn) == 0
    with pytest.warns(UserWarning, match=r"unencrypted to faces\.example\.org; use https") as warned:
        kind("http://faces.example.org", key="fs_key")
    assert warned[0].filename == __file__
    for key in ("", "two words", "line\n", "é"):
        with pytest.raises(ValueError, match="characters that no key has"):
            kind(key=key)
