"""The last answer on a connection, given before the request was read to its end."""

import asyncio
from contextlib import suppress

from fastapi.responses import JSONResponse
from starlette.types import Receive, Scope, Send

_MAX_SECONDS = 10.0
_PAUSE_SECONDS = 1.0


class LastResponse(JSONResponse):
    """Closes the connection once nothing more comes, or after a while.

    Many clients read nothing before they have sent everything, and a connection that is closed with bytes unread is
    reset: they would never see the answer.
    """

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        """Answer, and read on for nothing."""
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
