"""Takes the cookies out of requests: few are read here, but the framework parses all of them for every route.

Before Python 3.11.10 that takes quadratic time, seconds for 64 KB (CVE-2024-7592).
"""

from collections.abc import Collection, Iterator

from starlette.types import ASGIApp, Receive, Scope, Send

_COOKIE = b"cookie"


class WithoutCookies:
    """Middleware after which requests have no cookies, except the named ones, whose values are in their state."""

    def __init__(self, app: ASGIApp, keeping: Collection[str] = ()) -> None:
        self._app = app
        self._keeping = frozenset(keeping)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and (sent := [value for name, value in scope["headers"] if name == _COOKIE]):
            scope["headers"] = [(name, value) for name, value in scope["headers"] if name != _COOKIE]
            if self._keeping:
                scope.setdefault("state", {})["cookies"] = [
                    pair for header in sent for pair in _pairs(header) if pair[0] in self._keeping
                ]
        await self._app(scope, receive, send)


def kept_cookies(scope: Scope) -> list[tuple[str, str]]:
    """Return the names and values of the cookies that were kept, in the order in which they were sent."""
    kept: list[tuple[str, str]] = scope["state"].get("cookies", [])
    return kept


def _pairs(header: bytes) -> Iterator[tuple[str, str]]:
    for pair in header.decode("latin-1").split(";"):
        name, _, value = pair.partition("=")
        yield name.strip(), value.strip()
