"""CORS: web apps of listed origins may call the service and read its answers."""

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.web.web_pages import header_values

_REQUEST_HEADERS = (
    *("Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match"),
    *("X-API-Key", "X-Request-ID"),
)
_ANSWER_HEADERS = (
    *("Content-Disposition", "ETag", "Idempotency-Replayed", "Location"),
    *("RateLimit", "RateLimit-Policy", "Retry-After", "Server-Timing", "WWW-Authenticate"),
    *("X-Image-Height", "X-Image-Width", "X-Request-ID"),
)


class CrossOrigin:
    """Middleware that answers preflights of listed origins and marks their answers; others get no headers of CORS.

    All answers vary by the origin, so that no cache gives one page what another one got.
    """

    def __init__(self, app: ASGIApp, *, origins: frozenset[str]) -> None:
        self._app = app
        self._origins = frozenset(origin.encode() for origin in origins)
        self._listed = CORSMiddleware(
            app,
            allow_origins=origins,
            allow_methods=("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"),
            allow_headers=_REQUEST_HEADERS,
            expose_headers=_ANSWER_HEADERS,
            allow_private_network=True,  # a public page may call a private address only if the preflight says so
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def send_varying(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"vary", b"Origin")]
            await send(message)

        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif self._origins.issuperset(origins := header_values(scope, b"origin")) and len(origins) == 1:
            await self._listed(scope, receive, send)
        else:
            await self._app(scope, receive, send_varying)
