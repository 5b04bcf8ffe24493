"""The HTTP server, with a shutdown that loses no request."""

import signal
import time
from dataclasses import dataclass

import uvicorn

import serving.http_server.server
from serving.http_server.certificates import Certificate
from serving.http_server.health import Health

_CLOSE = (b"connection", b"close")


@dataclass(slots=True)
class Draining:
    """Whether draining has begun: the gateway still serves, but clients should turn to another one."""

    begun: bool = False


class Server(serving.http_server.server.Server):
    """A server that continues to serve for `seconds` after SIGTERM, and closes each connection after its response.

    This way no request arrives on a connection that is being closed, and load balancers have time to notice that the
    gateway is not ready. SIGINT ends it without delay.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        draining: Draining,
        seconds: float,
        health: Health | None,
        tls: Certificate | None = None,
    ) -> None:
        super().__init__(config, health, tls)
        self._draining = draining
        self._seconds = seconds
        self._until = 0.0

    async def on_tick(self, counter: int) -> bool:
        """Return whether to stop; uvicorn calls this ten times a second."""
        stopping = await super().on_tick(counter)
        if not stopping or signal.SIGINT in self._captured_signals:
            return stopping
        if not self._draining.begun:
            self._draining.begun = True
            self._until = time.monotonic() + self._seconds
        if _CLOSE not in self.server_state.default_headers:  # uvicorn replaces them every second, to update the date
            self.server_state.default_headers = [*self.server_state.default_headers, _CLOSE]
        return time.monotonic() >= self._until
