"""Request ids, the log line, counters and stages of each request, and the handling of unexpected errors."""

import logging
import re
import time
from urllib.parse import quote

from asgi_correlation_id import CorrelationIdMiddleware
from fastapi import Request
from fastapi.telemetry import TelemetryConfig
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from apiserver.http.problem_responses import problem_response
from apiserver.problems import InternalError
from apiserver.stages import Stages
from apiserver.state import State
from serving.tracing import Spans

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")

_CLIENT_GONE = 499

_logger = logging.getLogger(__name__)


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


class Telemetry:
    """Writes the log line and the header, and responds to unexpected errors."""

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
        except Exception:  # the stack trace belongs in the log and nowhere else
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
    """Return the method and the path template of the matched route."""
    route = scope.get("route")
    methods = getattr(route, "methods", None) or ()
    return f"{scope['method']} {route.path}" if route and scope["method"] in methods else "other"


def _outcome(scope: Scope, status: int) -> str:
    """Return `ok`, the code of a problem, `client-gone`, or `cut` if no response was begun."""
    if status == _CLIENT_GONE:
        return "client-gone"
    problem: str | None = scope["state"].get("problem")
    return problem or ("ok" if status else "cut")


def _log(scope: Scope, status: int, seconds: float) -> None:
    level = logging.DEBUG if scope["path"].startswith("/health/") else logging.INFO
    _logger.log(level, "%s %s %d %.0f ms", scope["method"], quote(scope["path"]), status, 1000 * seconds)


class RequestIds(CorrelationIdMiddleware):
    """Gives every request an id, or keeps the client's X-Request-ID if it is harmless."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app, validator=lambda value: bool(_REQUEST_ID.fullmatch(value)))
