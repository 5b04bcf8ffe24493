"""Turns photographs away that no vectorizer has room for, before anything of them is read."""

import logging
import time

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from apiserver.problems import VectorizerBusy
from apiserver.responses import ENVELOPE_PATHS, problem_response
from apiserver.state import State

_PHOTOGRAPH_PATHS = ENVELOPE_PATHS | {"/compare", "/detect", "/embed", "/verify"}
_LOG_SECONDS = 1.0

_logger = logging.getLogger(__name__)


class Door:
    """Stands before the log of requests, which a crowd would flood, and has one line a second of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._turned_away = 0
        self._log_at = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"] in _PHOTOGRAPH_PATHS:
            request = Request(scope)
            state = State.of(request)
            try:
                state.vectorizer.check_room()
            except VectorizerBusy as problem:
                self._note()
                state.metrics.turned_away(f"POST {scope['path']}", problem.status, problem.code)
                await problem_response(request, problem)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _note(self) -> None:
        self._turned_away += 1
        if (now := time.monotonic()) >= self._log_at:
            _logger.warning("Every vectorizer is full; turned away: %d", self._turned_away)
            self._turned_away, self._log_at = 0, now + _LOG_SECONDS
