"""HEAD for every path that has GET."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadRequests:
    """Middleware that serves HEAD as GET, and sends the headers alone.

    The scope is changed in place, because the server and the spans around the app read the same one.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.start":
                scope["method"] = "HEAD"  # the route is chosen; the server and the log need the method that was sent
                await send(message)
                await send({"type": "http.response.body", "body": b""})
                # From now on the server says that the client is gone, which ends a response that is being streamed.

        scope["method"] = "GET"
        await self._app(scope, receive, send_head)
