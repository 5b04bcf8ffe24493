"""The addresses of clients behind trusted proxies, and how many requests each has in progress."""

import re
from collections import Counter
from ipaddress import ip_address
from itertools import islice

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from apiserver.http.problem_responses import problem_response
from apiserver.problems import TooManyConnections
from apiserver.settings.proxies import membership, read_networks
from apiserver.state import State
from serving.http_server.connections import network_of

_MAX_PROXIES = 16
_FOR = re.compile(r'\bfor="?([^";,]+)', re.IGNORECASE)
_PORT = re.compile(r"(?<=\]):\d+$|^([^:]+):\d+$")


class ClientAddresses:
    """Middleware that puts the client's address in place of a trusted proxy's, which is left in the request's state.

    It bounds the requests of each client in progress, since the connections are the proxy's.
    """

    def __init__(self, app: ASGIApp, *, trusted_proxies: str, max_requests: int) -> None:
        """max_requests: of one client at once, 0 for no limit."""
        self._app = app
        self._is_trusted = membership(read_networks(trusted_proxies))
        self._max_requests = max_requests
        self._in_progress: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not scope["client"] or not self._is_trusted(scope["client"][0]):
            await self._app(scope, receive, send)
            return
        address = self._client(scope)
        scope.setdefault("state", {})["peer"] = scope["client"][0]
        scope["client"] = (address, 0)
        network = network_of(address)
        if self._is_full(network, address):
            request, problem = Request(scope), TooManyConnections("Too many requests of this address are in progress.")
            State.of(request).metrics.refused("other", problem.status, problem.code)
            await problem_response(request, problem)(scope, receive, send)
            return
        self._in_progress[network] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._in_progress[network] -= 1
            if not self._in_progress[network]:
                del self._in_progress[network]

    def _is_full(self, network: str, address: str) -> bool:
        return 0 < self._max_requests <= self._in_progress[network] and not self._is_trusted(address)

    def _client(self, scope: Scope) -> str:
        """Return the last address that no trusted proxy has; each proxy appends the one it was called from."""
        client: str = scope["client"][0]
        for address in islice(_forwarded(scope["headers"]), _MAX_PROXIES):
            if not _is_address(address):  # `unknown`, or a name that stands for an address
                break
            client = address
            if not self._is_trusted(address):
                break
        return client


def _forwarded(headers: list[tuple[bytes, bytes]]) -> list[str]:
    """Return the addresses of `Forwarded` or, without it, of `X-Forwarded-For`, the last one first."""
    standard = _joined(headers, b"forwarded")
    if standard:
        found = [match[1] if (match := _FOR.search(part)) else "unknown" for part in standard.split(",")]
    else:
        found = _joined(headers, b"x-forwarded-for").split(",")
    return [_PORT.sub(r"\1", each.strip()).strip("[]") for each in reversed(found[-_MAX_PROXIES:])]


def _joined(headers: list[tuple[bytes, bytes]], wanted: bytes) -> str:
    return ",".join(value.decode("latin-1") for name, value in headers if name == wanted)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
