"""What every request gets: an id, a response even to an unexpected error, a report of its outcome, and a span."""

import logging
import re
import time
from collections.abc import Callable

from asgi_correlation_id import CorrelationIdMiddleware
from fastapi import Request, Response
from fastapi.telemetry import TelemetryConfig
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.problem_responses import problem_response
from serving.problems import InternalError, Problem
from serving.stages import Ended, Stages
from serving.tracing import Spans

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
"""Other ids could break the lines of the log."""

_CLIENT_GONE = 499

Respond = Callable[[Request, Problem], Response]

_logger = logging.getLogger(__name__)


class RequestIds(CorrelationIdMiddleware):
    """Gives every request an id, or keeps the client's X-Request-ID if it is harmless."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app, validator=lambda value: bool(_REQUEST_ID.fullmatch(value)))


class RequestLog:
    """Measures requests, adds Server-Timing, responds to unexpected errors, and reports requests that have ended.

    `stages` in a request's state takes the durations of its stages.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        on_end: Callable[[Scope, Ended], None],
        on_response: Callable[[Scope], None] = lambda _: None,
        respond: Respond = problem_response,
    ) -> None:
        """on_response: called when the request has been routed and its response begins; its span ends with that."""
        self._app = app
        self._on_response = on_response
        self._on_end = on_end
        self._respond = respond

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
                self._on_response(scope)
                if timing := stages.header():
                    MutableHeaders(scope=message).append("Server-Timing", timing)
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        except Exception:  # the stack trace belongs in the log and nowhere else
            _logger.exception("Unexpected error")
            scope["state"]["problem"] = InternalError.code
            if not status:
                await self._respond(Request(scope), InternalError())(scope, receive, send_noting)
        finally:
            seconds = time.perf_counter() - start
            self._on_end(scope, Ended(_route(scope), status, _outcome(scope, status), seconds, stages.own))


def note_operation(scope: Scope, name: str) -> None:
    """Note the operation of a request whose route has several. name: one of a few, never a client's text."""
    scope["state"]["operation"] = name


def operation_of(scope: Scope) -> str:
    """Return the noted operation after a space; nothing if the route has one operation only."""
    name: str | None = scope.get("state", {}).get("operation")
    return f" {name}" if name else ""


def _route(scope: Scope) -> str:
    route = scope.get("route")
    methods = getattr(route, "methods", None) or ()
    method = "GET" if scope["method"] == "HEAD" else scope["method"]
    return f"{method} {route.path}{operation_of(scope)}" if route and method in methods else "other"


def _outcome(scope: Scope, status: int) -> str:
    if status == _CLIENT_GONE:
        return "client-gone"
    problem: str | None = scope["state"].get("problem")
    return problem or ("ok" if status else "cut")


def traced_requests(spans: Spans | None) -> TelemetryConfig:
    """Return the configuration by which FastAPI makes a span of each request, except health checks."""
    return {
        "tracing": spans is not None,
        "tracer_provider": spans.provider if spans else None,
        "exclude": lambda scope: scope["path"].startswith("/health/"),
        "operation_spans": False,
        "metrics": False,
        "logs": False,
        "auto_configure": False,
    }
