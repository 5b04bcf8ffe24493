"""A final response on a connection whose request was not read completely."""

import asyncio
from contextlib import suppress

from fastapi.responses import JSONResponse
from starlette.types import Receive, Scope, Send

_MAX_SECONDS = 10.0
_PAUSE_SECONDS = 1.0


class LastResponse(JSONResponse):
    """A response that closes the connection when the client stops sending, or after a time limit.

    Many clients read nothing until they have sent everything. If the connection were closed with unread bytes, TCP
    would reset it, and such clients would never see the response.
    """

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        """Send the response, then read and discard the rest of the request."""
        headers = [*self.raw_headers, (b"connection", b"close")]
        await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        with suppress(TimeoutError):
            async with asyncio.timeout(_MAX_SECONDS):
                while await _more_comes(receive):
                    pass
        await send({"type": "http.response.body", "body": b""})


async def _more_comes(receive: Receive) -> bool:
    async with asyncio.timeout(_PAUSE_SECONDS):
        return bool((await receive()).get("more_body"))
