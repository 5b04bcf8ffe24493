"""The destination and the format of log lines."""

import logging
import sys

from asgi_correlation_id import CorrelationIdFilter
from pythonjsonlogger.json import JsonFormatter

from vectorizer.settings import Settings
from vectorizer.tracing import TraceIds

_TEXT = "%(asctime)s %(levelname)s %(name)s [%(correlation_id)s] %(message)s"
_TRACED_TEXT = "%(asctime)s %(levelname)s %(name)s [%(correlation_id)s %(trace_id)s] %(message)s"
_FIELDS = ["levelname", "name", "correlation_id", "message"]
_NAMES = {"levelname": "level", "name": "logger", "correlation_id": "request_id"}


def configure_logging(settings: Settings) -> None:
    """Send log lines of the whole process, including libraries, to standard error, each with its request's id."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(CorrelationIdFilter(default_value="-"))
    if settings.otlp_endpoint:
        handler.addFilter(TraceIds())
    handler.setFormatter(_formatter(settings.log_format, traced=bool(settings.otlp_endpoint)))
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)


def _formatter(log_format: str, *, traced: bool) -> logging.Formatter:
    if log_format == "text":
        return logging.Formatter(_TRACED_TEXT if traced else _TEXT)
    fields = [*_FIELDS, "trace_id"] if traced else _FIELDS
    return JsonFormatter(fields, rename_fields=_NAMES, timestamp="time")
