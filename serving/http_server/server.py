"""uvicorn's server with the bounded protocol, whose event loop reports that it turns and whether it is ready."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from typing import Any

import uvicorn

from serving.http_server.certificates import Certificate
from serving.http_server.connections import Connections
from serving.http_server.health import Answer, Health
from serving.http_server.protocol import BoundedProtocol, Deadlines
from serving.settings import ServiceSettings

_ASK_TICKS = 10
"""Ticks of a tenth of a second between two questions whether the service is ready."""

_REFRESH_TICKS = 100
"""Ticks between two looks whether the certificate was renewed."""

_Message = MutableMapping[str, Any]
App = Callable[[Any, Callable[[], Awaitable[_Message]], Callable[[_Message], Awaitable[None]]], Awaitable[None]]
"""An ASGI application."""


def http_config(
    app: App, settings: ServiceSettings, connections: Connections, *, port: int, tls: Certificate | None = None
) -> uvicorn.Config:
    """Return the configuration of the server of a service."""
    deadlines = Deadlines(settings.header_timeout_seconds, settings.upload_bytes_per_second)
    return uvicorn.Config(
        app,
        host=settings.host,
        port=port,
        http=partial(BoundedProtocol, connections=connections, deadlines=deadlines),  # type: ignore[arg-type]
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # `apiserver.http.client_addresses` reads them
        server_header=False,
        timeout_graceful_shutdown=settings.shutdown_timeout_seconds,
        ssl_context_factory=(lambda *_: tls.context) if tls else None,
    )


class Server(uvicorn.Server):
    """A server that reports to `health`, if given, that its event loop turns and what `GET /health/ready` answers."""

    def __init__(self, config: uvicorn.Config, health: Health | None = None, tls: Certificate | None = None) -> None:
        super().__init__(config)
        self._tls = tls
        self._health = health
        self._asking: asyncio.Task[None] | None = None

    async def on_tick(self, counter: int) -> bool:
        """Return whether to stop; uvicorn calls this ten times a second."""
        if self._tls and counter % _REFRESH_TICKS == 0:
            self._tls.refresh()
        if self._health:
            self._health.turned()
            if counter % _ASK_TICKS == 0 and (self._asking is None or self._asking.done()):
                self._asking = asyncio.create_task(self._ask(self._health))
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop serving."""
        if self._health:
            self._health.stopping()
        if self._asking:
            self._asking.cancel()
        await super().shutdown(sockets)

    async def _ask(self, health: Health) -> None:
        health.answered(await ask(self.config.loaded_app, "/health/ready", dict(self.lifespan.state)))


async def ask(app: App, path: str, state: dict[str, Any]) -> Answer:
    """Return the answer of an application to a request that no client has sent."""
    status, body = 500, bytearray()

    async def receive() -> _Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: _Message) -> None:
        nonlocal status
        status = message.get("status", status)
        body.extend(message.get("body", b""))

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"localhost")],
        "client": None,
        "server": None,
        "state": state,
    }
    await app(scope, receive, send)
    return status, bytes(body)
