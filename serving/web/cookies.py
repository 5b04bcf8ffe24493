"""Takes the cookies out of requests: no service reads them, but the framework parses them for every route.

Before Python 3.11.10 that takes quadratic time, seconds for 64 KB (CVE-2024-7592).
"""

from starlette.types import ASGIApp, Receive, Scope, Send

_COOKIE = b"cookie"


class WithoutCookies:
    """Middleware after which requests have no cookies."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and any(name == _COOKIE for name, _ in scope["headers"]):
            scope["headers"] = [(name, value) for name, value in scope["headers"] if name != _COOKIE]
        await self._app(scope, receive, send)
