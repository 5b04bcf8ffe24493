"""The gateway in this process on a real socket, its vectorizer as a real process, PostgreSQL behind a cable."""

import asyncio
import io
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
import pytest_asyncio
import skimage.data
import uvicorn
from fastapi import FastAPI
from PIL import Image
from starlette.types import ASGIApp

from apiserver.app import create_app
from apiserver.settings.settings import Settings
from bench.harness.pooler import connected_to
from serving.http_server.connections import Connections
from serving.http_server.server import Server, http_config
from serving.settings import ServiceSettings
from tests.calls import NO_TLS
from tests.checkout import ROOT
from tests.photographs import stranger
from tests.ports import free_port
from tests.waiting import PATIENCE_SECONDS


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/health/ready", trust_env=False, verify=NO_TLS).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(f"nothing became ready at {url}")


@pytest.fixture(scope="session")
def vectorizer_url() -> Iterator[str]:
    """A vectorizer with the default models."""
    port = free_port()
    environment = {"VECTORIZER_PORT": str(port), "HOME": str(Path.home())}
    process = subprocess.Popen([sys.executable, "-m", "vectorizer"], cwd=ROOT, env=environment)
    url = f"http://127.0.0.1:{port}"
    wait_until_ready(url, process)
    yield url
    process.terminate()
    process.wait(PATIENCE_SECONDS)


def patient(database_url: str, vectorizer_url: str, folder: Path) -> Settings:
    return Settings(
        database_url=database_url,
        vectorizer_urls=vectorizer_url,
        image_store_url=f"file://{folder}/images",
        database_timeout_seconds=60,
        image_store_keep_timeout_seconds=60,
        job_lost_seconds=60,
    )


@pytest.fixture
def settings(database_url: str, vectorizer_url: str, tmp_path: Path) -> Settings:
    named = {"hosts": "gateway"}  # as raw requests call it
    return patient(database_url, vectorizer_url, tmp_path).model_copy(update=named)


Serve = Callable[[Settings], Awaitable[httpx.AsyncClient]]
ServeApp = Callable[[FastAPI], Awaitable[httpx.AsyncClient]]


class PromptServer(Server):
    """Stops when told to: uvicorn looks for it ten times a second, which takes longer than many a test."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told = asyncio.Event()

    async def main_loop(self) -> None:
        """Tick until told to stop."""
        counter = 0
        while not await self.on_tick(counter):
            counter += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), 0.1)

    def stop(self) -> None:
        self.should_exit = True
        self._told.set()


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    settings = ServiceSettings(header_timeout_seconds=PATIENCE_SECONDS, shutdown_timeout_seconds=5)
    server = PromptServer(http_config(app, settings, Connections(10_000), port=0))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110 - it has no event to wait for
            await asyncio.sleep(0.005)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with httpx.AsyncClient(base_url=url, trust_env=False, verify=NO_TLS, timeout=PATIENCE_SECONDS) as client:
            yield client
        server.stop()
        await task


@pytest.fixture
async def serve_app() -> AsyncIterator[ServeApp]:
    """Serves apps until the test ends; each call returns a client of one."""
    async with AsyncExitStack() as stack:

        async def start(app: FastAPI) -> httpx.AsyncClient:
            return await stack.enter_async_context(serving(app))

        yield start


@pytest.fixture
def serve(serve_app: ServeApp) -> Serve:
    """Starts gateways that end with the test; each call returns a client of one."""
    return lambda settings: serve_app(create_app(settings))


@pytest.fixture
async def gateway(serve: Serve, settings: Settings) -> httpx.AsyncClient:
    return await serve(settings)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_gateway(
    shared_database_url: str, vectorizer_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[httpx.AsyncClient]:
    """A gateway of all tests of a module that change nothing; these run with `loop_scope="module"`."""
    settings = patient(shared_database_url, vectorizer_url, tmp_path_factory.mktemp("shared"))
    async with serving(create_app(settings)) as client:
        yield client


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


_MISCOUNTED = """
SELECT directory, person, face_count, count(face) FROM persons LEFT JOIN faces USING (directory, person)
GROUP BY directory, person, face_count HAVING face_count <> count(face)
"""


@pytest.fixture
async def faces_counted(database: asyncpg.Connection) -> AsyncIterator[None]:
    """Asserts that the number kept for each person is that of the faces in the end."""
    yield
    assert await database.fetch(_MISCOUNTED) == []


class Cable:
    """A Unix socket in front of PostgreSQL's, or its port, that can be cut and mended."""

    def __init__(self, database_url: str, folder: Path) -> None:
        parts = urlsplit(database_url)
        self._behind = database_url
        self._socket = folder / ".s.PGSQL.5432"
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        login = f"{parts.netloc.rpartition('@')[0]}@"
        self.url = parts._replace(netloc=login, query=f"host={folder}").geturl()

    async def mend(self) -> None:
        self._server = await asyncio.start_unix_server(self._carry, self._socket)

    async def cut(self) -> None:
        if self._server:
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        self._socket.unlink(missing_ok=True)
        await asyncio.sleep(0)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream_writer = await connected_to(self._behind)
        await asyncio.gather(self._pump(reader, upstream_writer), self._pump(upstream_reader, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            self._writers.discard(writer)
            writer.close()


@pytest.fixture
async def cable(database_url: str, tmp_path: Path) -> AsyncIterator[Cable]:
    cable = Cable(database_url, tmp_path)
    await cable.mend()
    yield cable
    await cable.cut()


def encoded(image: Image.Image, image_format: str = "JPEG") -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, image_format, quality=95)
    return buffer.getvalue()


def on_grey(*images: Image.Image) -> Image.Image:
    """The images side by side with a wide margin."""
    canvas = Image.new("RGB", (100 + sum(image.width + 100 for image in images), 712), (128, 128, 128))
    left = 100
    for image in images:
        canvas.paste(image, (left, 100))
        left += image.width + 100
    return canvas


@pytest.fixture(scope="session")
def ann() -> bytes:
    """One person: NASA's public domain portrait of Eileen Collins."""
    return encoded(Image.fromarray(skimage.data.astronaut()))


@pytest.fixture(scope="session")
def ann_again() -> bytes:
    """The same person on another photograph: mirrored, smaller and darker."""
    image = Image.fromarray(skimage.data.astronaut()).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return encoded(image.resize((400, 400)).point(lambda value: value * 0.8))


@pytest.fixture(scope="session")
def bob() -> bytes:
    return encoded(on_grey(stranger(0)))


@pytest.fixture(scope="session")
def cid() -> bytes:
    return encoded(on_grey(stranger(1)))


@pytest.fixture(scope="session")
def party() -> bytes:
    """Ann and bob, and a third person."""
    return encoded(on_grey(Image.fromarray(skimage.data.astronaut()), stranger(0), stranger(3)))


@pytest.fixture(scope="session")
def group() -> bytes:
    """Three people of different sizes from left to right: large, small, middling."""
    return encoded(on_grey(stranger(0).resize((300, 300)), stranger(3).resize((120, 120)), stranger(1)))


@pytest.fixture(scope="session")
def nobody() -> bytes:
    """A cup of coffee."""
    return encoded(Image.fromarray(skimage.data.coffee()))
