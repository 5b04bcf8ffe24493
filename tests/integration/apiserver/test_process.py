"""`python -m apiserver` as a process of its own."""

import asyncio
import re
import signal
import subprocess
import sys

import httpx
import pytest

from apiserver.settings.settings import Settings
from tests.checkout import ROOT
from tests.waiting import PATIENCE_SECONDS, until

BOUNDARY = "edge"


def environment_of(settings: Settings) -> dict[str, str]:
    return {
        "APISERVER_PORT": "0",
        "APISERVER_HOSTS": settings.hosts,
        "APISERVER_DATABASE_URL": settings.database_url.get_secret_value(),
        "APISERVER_VECTORIZER_URLS": settings.vectorizer_urls,
        "APISERVER_IMAGE_STORE_URL": settings.image_store_url,
        "APISERVER_SHUTDOWN_TIMEOUT_SECONDS": "3600",
    }


class Gateway:
    """A running process and what it logs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr
        self.process = process
        self.log = process.stderr

    async def port(self) -> int:
        while line := await self.log.readline():
            if found := re.search(rb"running on http://127.0.0.1:(\d+)", line):
                return int(found[1])
        raise AssertionError("the gateway ended before it listened")


@pytest.fixture
async def gateway(settings):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "apiserver", cwd=ROOT, env=environment_of(settings), stderr=asyncio.subprocess.PIPE
    )
    yield Gateway(process)
    if process.returncode is None:
        process.kill()
        await process.wait()


def learn_request(photograph: bytes) -> tuple[bytes, bytes]:
    """Return the head, which asks whether to go on, and the body."""

    def part(disposition: str, content: bytes) -> bytes:
        return f"--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n".encode() + content + b"\r\n"

    body = part('name="person"', b"ann") + part('name="file"; filename="ann.jpg"', photograph)
    body += f"--{BOUNDARY}--\r\n".encode()
    head = (
        f"POST /learn HTTP/1.1\r\nHost: gateway\r\nExpect: 100-continue\r\nContent-Length: {len(body)}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
    )
    return head.encode(), body


async def refuses(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return True
    writer.close()
    return False


@pytest.mark.timing
async def test_sigterm_lets_a_request_finish(gateway, ann):
    port = await gateway.port()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head, body = learn_request(ann)
    writer.write(head)
    assert b" 100 " in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE_SECONDS)
    writer.write(body[:-1000])

    gateway.process.send_signal(signal.SIGTERM)
    await until(lambda: refuses(port))
    writer.write(body[-1000:])

    assert (await asyncio.wait_for(reader.read(), PATIENCE_SECONDS)).startswith(b"HTTP/1.1 201 ")
    writer.close()
    await asyncio.wait_for(gateway.process.wait(), PATIENCE_SECONDS)
    log = await gateway.log.read()
    assert b"POST /learn 201" in log
    assert b"Traceback" not in log


async def closes(client: httpx.AsyncClient) -> bool:
    return bool((await client.get("/version")).headers.get("connection") == "close")


@pytest.mark.timing
async def test_a_gateway_that_drains_serves_on_but_keeps_no_connection(settings):
    environment = environment_of(settings) | {"APISERVER_DRAIN_SECONDS": "3600"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "apiserver", cwd=ROOT, env=environment, stderr=asyncio.subprocess.PIPE
    )
    try:
        url = f"http://127.0.0.1:{await Gateway(process).port()}"
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=PATIENCE_SECONDS) as client:
            assert "connection" not in (await client.get("/version")).headers
            process.send_signal(signal.SIGTERM)
            await until(lambda: closes(client))
            for _ in range(2):  # the second one on a new connection
                answer = await client.get("/version")
                assert (answer.status_code, answer.headers["connection"]) == (200, "close")
            ready = await client.get("/health/ready")
            assert ready.status_code == 503
            assert "about to stop" in ready.json()["detail"]
        process.send_signal(signal.SIGINT)  # ends it without delay
        await asyncio.wait_for(process.wait(), PATIENCE_SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.timing
async def test_sigterm_does_not_wait_for_idle_connections(gateway):
    reader, writer = await asyncio.open_connection("127.0.0.1", await gateway.port())
    writer.write(b"GET /version HTTP/1.1\r\nHost: gateway\r\n\r\n")
    await asyncio.wait_for(reader.readuntil(b"}"), PATIENCE_SECONDS)
    gateway.process.send_signal(signal.SIGTERM)
    await asyncio.wait_for(gateway.process.wait(), PATIENCE_SECONDS)
    writer.close()


def run_with(module: str = "apiserver", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def test_settings_that_are_missing_are_named():
    result = run_with()

    assert result.returncode == 2
    assert result.stderr.splitlines() == [
        "APISERVER_DATABASE_URL: Field required",
        "APISERVER_IMAGE_STORE_URL: Field required",
    ]


def test_settings_that_are_wrong_are_named_without_their_value(settings):
    result = run_with(**environment_of(settings) | {"APISERVER_PORT": "99999", "APISERVER_MAX_IMAGE_BYTES": "secret"})

    assert result.returncode == 2
    assert [line.split(":")[0] for line in result.stderr.splitlines()] == [
        "APISERVER_PORT",
        "APISERVER_MAX_IMAGE_BYTES",
    ]
    assert "secret" not in result.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://ann:secret@localhost/faces"),
        ("DATABASE_URL", "postgresql://ann:secret@localhost:port/faces"),
        ("IMAGE_STORE_URL", "file://secret/images"),
        ("IMAGE_STORE_URL", "ftp://secret/images"),
        ("IMAGE_STORE_URL", "s3://"),
    ],
)
def test_addresses_of_another_form_are_refused_with_one_sentence(settings, name, value):
    result = run_with(**environment_of(settings) | {f"APISERVER_{name}": value})
    assert result.returncode == 2
    [line] = result.stderr.splitlines()
    assert line.startswith(f"APISERVER_{name}: Value error, must have the form ")
    assert "secret" not in line


@pytest.mark.parametrize("module", ["apiserver", "apiserver.worker"])
@pytest.mark.parametrize("url", ["file:///proc/images", "az://container/images"])
def test_a_store_that_cannot_be_opened_is_refused_with_one_sentence(settings, module, url):
    result = run_with(module, **environment_of(settings) | {"APISERVER_IMAGE_STORE_URL": url})
    assert result.returncode == 2
    [line] = result.stderr.splitlines()
    assert line.startswith("APISERVER_IMAGE_STORE_URL: ")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:p@ss@[::1]:5432,db.example:5433/faces?sslmode=require",
        "postgres://localhost",
        "postgresql://postgres:@/faces?host=/tmp/socket",
        "postgresql:///faces",
    ],
)
def test_database_addresses_of_all_forms(url):
    assert Settings(database_url=url, image_store_url="s3://bucket/folder").database_url.get_secret_value() == url


def test_the_password_is_not_in_the_settings_text(settings):
    assert "postgresql://" not in repr(settings)
