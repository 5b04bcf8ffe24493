"""A server with the bounded protocol and an application that counts what reaches it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import uvicorn

from serving.http_server.connections import Connections
from serving.http_server.health import Health
from serving.http_server.protocol import BoundedProtocol, Deadlines
from serving.http_server.server import Server
from tests.waiting import PATIENCE_SECONDS

PATIENT = Deadlines(head_seconds=PATIENCE_SECONDS)


class Application:
    """Notes requests with their bodies. `/unread` answers without reading; `/held` answers when `release` is set."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, bytes]] = []
        self.headers: list[tuple[bytes, bytes]] = []
        self.cut = 0
        self.release = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        path, body = scope["path"], b""
        more = path != "/unread"
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.cut += 1
                return
            body += message["body"]
            more = message["more_body"]
        self.requests.append((path, body))
        self.headers = scope["headers"]
        if path == "/held":
            await self.release.wait()
        answer = f"{len(self.requests)}\n".encode()
        headers = [(b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


class Served:
    """A running server."""

    def __init__(self, port: int, app: Application, connections: Connections) -> None:
        self.port = port
        self.app = app
        self.connections = connections

    async def send(self, *pieces: bytes, end: bool = True) -> bytes:
        """Send bytes on a new connection and return all answers until the server closes it, or we have sent all."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            if end:
                writer.write(b"GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return await asyncio.wait_for(reader.read(), PATIENCE_SECONDS)
        finally:
            writer.close()


@asynccontextmanager
async def served(
    deadlines: Deadlines = PATIENT, connections: Connections | None = None, health: Health | None = None
) -> AsyncIterator[Served]:
    """Run a server."""
    app, connections = Application(), connections or Connections(1000)
    protocol: Any = partial(BoundedProtocol, connections=connections, deadlines=deadlines)
    config = uvicorn.Config(
        app, http=protocol, ws="none", lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1
    )
    server = Server(config, health)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110 - it has no event to wait for
            await asyncio.sleep(0.005)
        try:
            yield Served(listener.getsockname()[1], app, connections)
        finally:
            server.should_exit = True
            await running
