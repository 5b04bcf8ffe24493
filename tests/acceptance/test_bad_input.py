"""Invalid requests: the problem is named, costs little, and nothing is stored."""

import json
import select
import socket
import struct
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.calls import post
from tests.photographs import actor, astronaut, beside, encoded, nobody
from tests.stack import Stack
from tests.waiting import PATIENCE_SECONDS

PORTRAIT = encoded(astronaut())
MEBIBYTE = 2**20
MAX_IMAGE_BYTES = 32_000_000


@pytest.fixture(params=["/learn", "/recognize"])
def path(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(autouse=True)
def assert_nothing_is_kept(stack: Stack) -> Iterator[None]:
    before = stack.images()
    yield
    assert stack.images() == before


def assert_refused(response: httpx.Response, status: int, code: str, sentence: str) -> None:
    answer = response.json()
    assert answer.pop("request_id")
    assert (response.status_code, answer) == (
        status,
        {"status": sentence, "code": code, "persons": None, "trace_id": None},
    )


def test_no_file(client: httpx.Client, path: str):
    assert_refused(post(client, path, None, person="ann"), 400, "file-missing", "File is required.")


def test_an_empty_file(client: httpx.Client, path: str):
    assert_refused(post(client, path, b"", person="ann"), 400, "file-empty", "The file is empty.")


def test_text_named_jpg(client: httpx.Client, path: str):
    response = post(client, path, b"Dear all, please find attached ...\n" * 40, person="ann")

    assert_refused(response, 400, "invalid-file-format", "Invalid file format text/plain")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_jpeg(client: httpx.Client, path: str, share: float):
    response = post(client, path, PORTRAIT[: int(share * len(PORTRAIT))], person="ann")

    assert response.status_code == 422
    assert response.json()["code"] == "image-unreadable"
    assert response.json()["persons"] is None


def test_one_pixel_cannot_be_learned(client: httpx.Client):
    response = post(client, "/learn", encoded(Image.new("RGB", (1, 1)), "PNG"), person="ann")

    assert_refused(response, 400, "no-face", "No face detected.")


def test_a_small_file_with_too_many_pixels_is_refused_by_its_header(client: httpx.Client, stack: Stack, path: str):
    content = white_png(30_000, 30_000)
    assert len(content) < MEBIBYTE
    post(client, path, PORTRAIT[:1000], person="ann")  # the first request sets up what is kept afterwards

    with memory_growth(stack.vectorizer) as growth:
        response = post(client, path, content, person="ann")

    assert (response.status_code, response.json()["code"]) == (413, "image-too-many-pixels")
    assert max(growth) < 16 * MEBIBYTE, "decoded, it would have taken 112 MiB at the very least"


@pytest.mark.parametrize("fields", [{}, {"person": ""}])
def test_no_person(client: httpx.Client, fields: dict[str, str]):
    response = post(client, "/learn", PORTRAIT, **fields)

    assert_refused(response, 400, "person-missing", "Person identification is required.")


@pytest.mark.parametrize("field", ["person", "directory"])
@pytest.mark.parametrize("name", ["a" * 256, "🧑" * 256, "a\0b", "\0", "a\nb", "a\x1bb", "a\x7fb", "a\x85b"])
def test_names_too_long_or_with_control_characters(client: httpx.Client, field: str, name: str):
    response = post(client, "/learn", PORTRAIT, **{"person": "ann", field: name})

    assert_refused(response, 400, "invalid-name", "A name must have 1 to 255 characters and no control characters.")


def test_learning_a_photograph_without_a_face(client: httpx.Client):
    assert_refused(post(client, "/learn", encoded(nobody()), person="ann"), 400, "no-face", "No face detected.")


def test_learning_a_photograph_of_several_people(client: httpx.Client):
    response = post(client, "/learn", encoded(beside(astronaut(), actor())), person="ann")

    assert_refused(response, 400, "several-faces", "More than one face detected.")


def test_an_unsupported_method(client: httpx.Client, path: str):
    response = client.get(path)

    assert_refused(response, 405, "method-not-allowed", "This path does not support this method.")
    assert response.headers["allow"] == "POST"


def test_an_upload_over_the_limit(client: httpx.Client, path: str):
    response = post(client, path, PORTRAIT + bytes(MAX_IMAGE_BYTES), person="ann")

    assert_refused(response, 413, "image-too-large", "The image has too many bytes.")


def test_an_announced_upload_over_the_limit_is_refused_unread(stack: Stack, path: str):
    with socket.create_connection(("127.0.0.1", stack.port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(form_head(path, f"Content-Length: {10**10}") + FORM_START + PORTRAIT)

        status, answer = read_answer(connection)

    assert (status, answer["code"]) == (413, "image-too-large")


def test_an_endless_upload_is_refused_once_over_the_limit(stack: Stack, path: str):
    piece = b"%x\r\n%b\r\n" % (MEBIBYTE, bytes(MEBIBYTE))
    sent = 0
    with socket.create_connection(("127.0.0.1", stack.port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(form_head(path, "Transfer-Encoding: chunked"))
        connection.sendall(b"%x\r\n%b\r\n" % (len(FORM_START), FORM_START))
        with suppress(ConnectionError):  # the server may close the connection after its answer
            while not select.select([connection], [], [], 0)[0]:
                connection.sendall(piece)
                sent += MEBIBYTE
                assert sent < 7 * MAX_IMAGE_BYTES  # a request may have the size of five of the largest photographs

        status, answer = read_answer(connection)

    assert (status, answer["code"]) == (413, "image-too-large")
    assert sent > MAX_IMAGE_BYTES / 2


FORM_START = b'--frontier\r\nContent-Disposition: form-data; name="file"; filename="photo.jpg"\r\n\r\n'


def form_head(path: str, length: str) -> bytes:
    media_type = "multipart/form-data; boundary=frontier"
    return f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {media_type}\r\n{length}\r\n\r\n".encode()


def read_answer(connection: socket.socket) -> tuple[int, dict[str, Any]]:
    """Return the status and the JSON body of an answer."""
    received = b""
    while b"\r\n\r\n" not in received or not received.endswith(b"}"):
        chunk = connection.recv(65_536)
        assert chunk, f"closed after {received!r}"
        received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def white_png(width: int, height: int) -> bytes:
    """Return a complete PNG of one bit per pixel, made without holding its pixels."""
    compressor = zlib.compressobj(9)
    row = b"\0" + b"\xff" * ((width + 7) // 8)
    rows = b"".join(compressor.compress(row) for _ in range(height)) + compressor.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", rows), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


@contextmanager
def memory_growth(process: Any) -> Iterator[list[int]]:
    """Yield a list to which the growth of the process in bytes is appended every few milliseconds."""
    start = process.memory_info().rss
    growth = [0]
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            growth.append(process.memory_info().rss - start)
            time.sleep(0.002)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield growth
    finally:
        done.set()
        watcher.join()
