"""uvicorn's server with the bounded protocol, whose event loop reports that it turns and whether it is ready."""

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from typing import Any

import uvicorn

from serving.http_server.certificates import Certificate
from serving.http_server.connections import Connections
from serving.http_server.health import Answer, Health
from serving.http_server.protocol import BoundedProtocol, Deadlines
from serving.settings import ServiceSettings

if sys.platform == "win32":
    from asyncio import ProactorEventLoop as _Loop
else:
    from uvloop import Loop as _Loop

_ASK_TICKS = 10
"""Ticks of a tenth of a second between two questions whether the service is ready."""

_REFRESH_TICKS = 100
"""Ticks between two looks whether the certificate was renewed."""

_Message = MutableMapping[str, Any]
App = Callable[[Any, Callable[[], Awaitable[_Message]], Callable[[_Message], Awaitable[None]]], Awaitable[None]]
"""An ASGI application."""


class Loop(_Loop):
    """An event loop whose servers give up a TLS handshake, and the end of a TLS connection, after so many seconds.

    uvicorn has no setting for that. A connection is counted only once its handshake is done.
    """

    def __init__(self, handshake_seconds: float) -> None:
        super().__init__()
        self._handshake_seconds = handshake_seconds

    async def create_server(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - the library's
        """Start a server."""
        if options.get("ssl"):
            seconds = self._handshake_seconds
            options |= {"ssl_handshake_timeout": seconds, "ssl_shutdown_timeout": seconds}
        return await super().create_server(*arguments, **options)


class _Config(uvicorn.Config):
    """A configuration that runs the server in a Loop."""

    handshake_seconds = 60.0

    def get_loop_factory(self) -> Callable[[], asyncio.AbstractEventLoop]:
        """Return what makes the event loop."""
        return partial(Loop, self.handshake_seconds)


def http_config(
    app: App, settings: ServiceSettings, connections: Connections, *, port: int, tls: Certificate | None = None
) -> uvicorn.Config:
    """Return the configuration of the server of a service."""
    deadlines = Deadlines(settings.header_timeout_seconds, settings.upload_bytes_per_second)
    config = _Config(
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
    config.handshake_seconds = settings.header_timeout_seconds
    return config


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
