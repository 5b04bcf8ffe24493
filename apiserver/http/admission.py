"""Admission: photographs are not read if all vectorizers are full, or if the gateway has no slot for them."""

import logging
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from apiserver.http.checked_routes import CheckedRoute
from apiserver.http.field_names import Unknown
from apiserver.http.problem_responses import ENVELOPE_PATHS, problem_response
from apiserver.problems import VectorizerBusy
from apiserver.state import State
from serving.http_server.connections import network_of

_PHOTOGRAPH_PATHS = ENVELOPE_PATHS | {"/compare", "/detect", "/embed", "/preview", "/verify"}
_LOG_SECONDS = 1.0

_logger = logging.getLogger(__name__)


class Admission:
    """Middleware that refuses photographs while all vectorizers are full.

    It runs before the request log, which an overload would flood, and writes at most one log line a second.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._refused = 0
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
                state.metrics.refused(f"POST {scope['path']}", problem.status, problem.code)
                await problem_response(request, problem)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _note(self) -> None:
        self._refused += 1
        if (now := time.monotonic()) >= self._log_at:
            _logger.warning("All vectorizers are full; %d requests refused", self._refused)
            self._refused, self._log_at = 0, now + _LOG_SECONDS


@contextmanager
def counted_body(request: Request) -> Iterator[None]:
    """Take slots for the body of a request as it is read. Raises GatewayBusy at once if none is free."""
    client = network_of(request.client.host) if request.client else ""
    with State.of(request).slots.taken(client) as body:
        request.state.body = body
        yield


class PhotographRoute(CheckedRoute):
    """Takes slots for the request and calls the endpoint with the request alone.

    FastAPI, which does not read these forms, only documents the route.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler of a request."""

        async def handle(request: Request) -> Response:
            with counted_body(request):
                response: Response = await self.endpoint(request)
                return response

        return handle


class OldPhotographRoute(PhotographRoute):
    """A call of the older face server, whose clients may send more than it needs."""

    unknown = Unknown.MISSPELLED_REFUSED
