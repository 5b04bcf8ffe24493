"""Request ids and the log."""

import logging

from asgi_correlation_id import CorrelationIdFilter, CorrelationIdMiddleware
from starlette.types import ASGIApp

REQUEST_ID_HEADER = "X-Request-ID"


class RequestId(CorrelationIdMiddleware):
    """Takes the caller's request id, or makes one, and returns it with every answer."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app, header_name=REQUEST_ID_HEADER, validator=_acceptable)


def _acceptable(request_id: str) -> bool:
    """Keep foreign ids out of the log that would break its lines."""
    return len(request_id) <= 64 and request_id.replace("-", "").isalnum()


def configure_logging(level: str) -> None:
    """Log lines to standard error, each with the id of the request it belongs to."""
    handler = logging.StreamHandler()
    handler.addFilter(CorrelationIdFilter(default_value="-"))
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s [%(correlation_id)s] %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
