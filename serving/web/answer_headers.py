"""Headers of every answer, which keep browsers from storing, guessing, framing and lending it."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)


class AnswerHeaders:
    """Middleware that adds the headers which an answer does not set itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"]
                set_already = {name.lower() for name, _ in headers}
                message["headers"] = [*headers, *(each for each in _HEADERS if each[0] not in set_already)]
            await send(message)

        await self._app(scope, receive, send_protected)
