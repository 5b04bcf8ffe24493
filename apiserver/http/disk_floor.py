"""Refuses what would store something while the disk is nearly full; deletions, reading and recognition continue.

A middleware, so that a body is not read in vain, and edits, which store nothing but rows, are refused too.
"""

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from apiserver.http.problem_responses import problem_response
from apiserver.problems import ImageStoreFull
from apiserver.state import State

_STORING = frozenset({"POST", "PUT", "PATCH"})
_ANALYSING = frozenset({"/recognize", "/identify", "/verify", "/compare", "/detect", "/embed", "/preview"})
_SIGNING_IN = "/session"
"""Without signing in, nobody could delete."""

_REKOGNITION = "/"
"""Its operations that store something ask themselves."""

_ADMITTED = _ANALYSING | {_SIGNING_IN, _REKOGNITION}

_ASKING_THEMSELVES = "/api/v1/"
"""Calls of CompreFace that store something."""


class DiskFloor:
    """Middleware that answers 503 `image-store-full` without reading the request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and scope["method"] in _STORING and not _is_admitted(scope["path"]):
            request = Request(scope)
            try:
                State.of(request).space.require()
            except ImageStoreFull as problem:
                await problem_response(request, problem)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _is_admitted(path: str) -> bool:
    return path in _ADMITTED or path.startswith(_ASKING_THEMSELVES)
