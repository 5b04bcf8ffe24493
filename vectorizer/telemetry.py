"""Request ids, the counters of requests, and their spans."""

import re

from asgi_correlation_id import CorrelationIdMiddleware
from fastapi.telemetry import TelemetryConfig
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vectorizer.metrics import Metrics
from vectorizer.tracing import Spans

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
"""The ids that the gateway accepts too; others could break the lines of the log."""

_CLIENT_GONE = 499


class RequestIds(CorrelationIdMiddleware):
    """Accepts the caller's request id, or makes one, and returns it with every answer."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app, validator=lambda value: bool(_REQUEST_ID.fullmatch(value)))


class RequestMetrics:
    """Counts each request by route, status and outcome."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0

        async def send_noting(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        except Exception:  # an outer handler answers it
            status, scope["state"]["problem"] = 500, "internal-error"
            raise
        finally:
            self._metrics.request_done(_route(scope), status, _outcome(scope, status))


def _route(scope: Scope) -> str:
    route = scope.get("route")
    methods = getattr(route, "methods", None) or ()
    return f"{scope['method']} {route.path}" if route and scope["method"] in methods else "other"


def _outcome(scope: Scope, status: int) -> str:
    if status == _CLIENT_GONE:
        return "client-gone"
    problem: str | None = scope["state"].get("problem")
    return problem or ("ok" if status else "cut")


def traced_requests(spans: Spans | None) -> TelemetryConfig:
    """Return the setting that makes FastAPI record a span for each request, except health checks, if `spans` is set."""
    return {
        "tracing": spans is not None,
        "tracer_provider": spans.provider if spans else None,
        "exclude": lambda scope: scope["path"].startswith("/health/"),
        "operation_spans": False,
        "metrics": False,
        "logs": False,
        "auto_configure": False,
    }
