"""What clients use to reach the service, also behind a proxy: scheme and host, and paths.

Paths lie below the one at which a proxy publishes the service, and may have a slash at the end.
"""

from collections.abc import Callable
from contextvars import ContextVar
from urllib.parse import unquote

from starlette.types import ASGIApp, Receive, Scope, Send

from apiserver.settings.proxies import membership, read_base_path, read_networks
from serving.web.web_pages import Target, header_values, target_of

_HEADER = b"x-forwarded-prefix"

_base_path: ContextVar[str] = ContextVar("base_path", default="")
"""Of the current request."""


def public(path: str) -> str:
    """Return the path under which the client of the current request reaches `path`."""
    return _base_path.get() + path


class PublicPaths:
    """Middleware after which paths are those of the routes, whatever a proxy did to them.

    The base path is removed if the proxy has not removed it, and a slash at the end is ignored. One only: in
    `/directories/acme//`, the name of a client's template was empty, and it does not mean the directory.
    """

    def __init__(self, app: ASGIApp, *, root_path: str, trusted_proxies: str) -> None:
        """root_path: the base path unless a proxy at one of the addresses `trusted_proxies` sends another one."""
        self._app = app
        self._root_path = read_base_path(root_path)
        networks = read_networks(trusted_proxies)
        self._is_trusted = membership(networks) if networks else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            base = self._announced(scope) if self._is_trusted else self._root_path
            _base_path.set(base)
            if base:
                _strip_start(scope, base)
            if scope["raw_path"].endswith(b"/") and len(scope["raw_path"]) > 1:
                scope["raw_path"], scope["path"] = scope["raw_path"][:-1], scope["path"][:-1]
        await self._app(scope, receive, send)

    def _announced(self, scope: Scope) -> str:
        """Return the base path that a trusted proxy sent, or else the configured one."""
        values = [value.decode("latin-1") for name, value in scope["headers"] if name == _HEADER]
        client = scope.get("client")
        if not values or not client or not self._is_trusted or not self._is_trusted(client[0]):
            return self._root_path
        try:  # each of several proxies in a row adds what it removed from the path, the outermost first
            return read_base_path("".join(part.strip().removesuffix("/") for part in ",".join(values).split(",")))
        except ValueError:
            return self._root_path


def _strip_start(scope: Scope, base: str) -> None:
    """Remove the base path from the start of a request's path, if it is there."""
    raw, length = scope["raw_path"], len(base)
    if raw.startswith(base.encode()) and raw[length : length + 1] in {b"/", b""}:
        scope["raw_path"], scope["path"] = raw[length:] or b"/", scope["path"][len(unquote(base)) :] or "/"


def public_target(trusted_proxies: str) -> Callable[[Scope], Target]:
    """Return a function that tells how the client of a request addresses the service.

    X-Forwarded-Host and X-Forwarded-Proto of proxies at the addresses `trusted_proxies` are believed. Of several
    proxies in a row, the outermost comes first. All hosts are returned, because a client may have sent the first one.
    """
    networks = read_networks(trusted_proxies)
    if not networks:
        return target_of
    is_trusted = membership(networks)

    def believed_target(scope: Scope) -> Target:
        direct, client = target_of(scope), scope.get("client")
        peer = scope.get("state", {}).get("peer") or (
            client[0] if client else ""
        )  # ClientAddresses replaced the proxy's
        if not is_trusted(peer):
            return direct
        schemes, hosts = _forwarded(scope, b"x-forwarded-proto"), _forwarded(scope, b"x-forwarded-host")
        return Target(schemes[0].lower() if schemes else direct.scheme, hosts or direct.hosts)

    return believed_target


def _forwarded(scope: Scope, name: bytes) -> list[str]:
    """Return the values that proxies joined with commas."""
    values = ",".join(value.decode("latin-1") for value in header_values(scope, name))
    return [part.strip() for part in values.split(",") if part.strip()]
