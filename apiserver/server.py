"""The HTTP server, which leaves in a way that costs no request."""

import signal
import time

import uvicorn

from apiserver.draining import Draining

_CLOSE = (b"connection", b"close")


class Server(uvicorn.Server):
    """After SIGTERM it serves on for `seconds`, keeping no connection: a request cannot meet one that is being closed.

    Meanwhile balancers notice that the gateway is not ready any more. SIGINT ends it without delay.
    """

    def __init__(self, config: uvicorn.Config, draining: Draining, seconds: float) -> None:
        super().__init__(config)
        self._draining = draining
        self._seconds = seconds
        self._until = 0.0

    async def on_tick(self, counter: int) -> bool:
        """Tell whether it is time to stop; asked ten times a second."""
        stopping = await super().on_tick(counter)
        if not stopping or signal.SIGINT in self._captured_signals:
            return stopping
        if not self._draining.begun:
            self._draining.begun = True
            self._until = time.monotonic() + self._seconds
        if _CLOSE not in self.server_state.default_headers:  # which are made anew every second, for the date
            self.server_state.default_headers = [*self.server_state.default_headers, _CLOSE]
        return time.monotonic() >= self._until
