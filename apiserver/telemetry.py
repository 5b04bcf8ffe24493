"""Request ids, one log line and the counters of each request, its stages, and the last catch for unexpected errors."""

import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast
from urllib.parse import quote

from asgi_correlation_id import CorrelationIdMiddleware
from fastapi import Request
from fastapi.telemetry import TelemetryConfig
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from apiserver.problems import InternalError
from apiserver.responses import problem_response
from apiserver.state import State
from apiserver.tracing import Spans

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")

_CLIENT_GONE = 499

_logger = logging.getLogger(__name__)


class Stages:
    """How long the parts of one request took, in milliseconds."""

    def __init__(self) -> None:
        self.own: dict[str, float] = {}
        """Those that were measured here."""
        self._durations: dict[str, float] = {}

    @classmethod
    def of(cls, request: Request) -> "Stages":
        """Return the stages of this request."""
        return cast("Stages", request.state.stages)

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        """Add a stage that lasts as long as what is inside; of several photographs, the sum."""
        start = time.perf_counter()
        try:
            yield
        finally:
            milliseconds = 1000 * (time.perf_counter() - start)
            self.own[name] = self.own.get(name, 0.0) + milliseconds
            self.add({name: milliseconds})

    def add(self, durations: dict[str, float]) -> None:
        """Add stages that another service measured; of several photographs, the sum."""
        for name, milliseconds in durations.items():
            self._durations[name] = self._durations.get(name, 0.0) + milliseconds

    def header(self) -> str:
        """Return the stages in the form of a Server-Timing header."""
        return ", ".join(f"{name};dur={duration:.1f}" for name, duration in self._durations.items())


def traced_requests(spans: Spans | None) -> TelemetryConfig:
    """Return what has FastAPI make a span of each request, if there are to be any; of what orchestrators ask, none."""
    return {
        "tracing": spans is not None,
        "tracer_provider": spans.provider if spans else None,
        "exclude": lambda scope: scope["path"].startswith("/health/"),
        "operation_spans": False,
        "metrics": False,
        "logs": False,
        "auto_configure": False,
    }


class Telemetry:
    """Writes the log line and the header, and answers what nobody else caught."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status, stages = time.perf_counter(), 0, Stages()
        scope["state"] = {**scope.get("state", {}), "stages": stages}

        async def send_noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if timing := stages.header():
                    MutableHeaders(scope=message).append("Server-Timing", timing)
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        except Exception:  # the last catch: the trace belongs into the log and nowhere else
            _logger.exception("Unexpected error")
            if not status:
                await problem_response(Request(scope), InternalError())(scope, receive, send_noting)
        finally:
            seconds = time.perf_counter() - start
            _log(scope, status, seconds)
            State.of(Request(scope)).metrics.request_done(
                _route(scope), status, _outcome(scope, status), seconds, stages.own
            )


def _route(scope: Scope) -> str:
    """Return the method and the path of the route that served, with the names of its parameters for their values."""
    route = scope.get("route")
    methods = getattr(route, "methods", None) or ()
    return f"{scope['method']} {route.path}" if route and scope["method"] in methods else "other"


def _outcome(scope: Scope, status: int) -> str:
    """Return how a request ended: with an answer or a problem, with nobody there to read it, or with none at all."""
    if status == _CLIENT_GONE:
        return "client-gone"
    problem: str | None = scope["state"].get("problem")
    return problem or ("ok" if status else "cut")


def _log(scope: Scope, status: int, seconds: float) -> None:
    level = logging.DEBUG if scope["path"].startswith("/health/") else logging.INFO
    _logger.log(level, "%s %s %d %.0f ms", scope["method"], quote(scope["path"]), status, 1000 * seconds)


class RequestIds(CorrelationIdMiddleware):
    """Gives every request an id, or keeps a client's own X-Request-ID if it is harmless."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app, validator=lambda value: bool(_REQUEST_ID.fullmatch(value)))
