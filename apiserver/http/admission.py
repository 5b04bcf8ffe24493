"""Admission: refuse a photograph before it is read if all vectorizers are full."""

import logging
import time

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from apiserver.http.problem_responses import ENVELOPE_PATHS, problem_response
from apiserver.problems import VectorizerBusy
from apiserver.state import State

_PHOTOGRAPH_PATHS = ENVELOPE_PATHS | {"/compare", "/detect", "/embed", "/verify"}
_LOG_SECONDS = 1.0

_logger = logging.getLogger(__name__)


class Door:
    """Middleware that refuses photographs while all vectorizers are full.

    It runs before the request log, which an overload would flood, and writes at most one log line a second.
    """

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
            _logger.warning("All vectorizers are full; %d requests refused", self._turned_away)
            self._turned_away, self._log_at = 0, now + _LOG_SECONDS
