"""Configuration of logging."""

import logging
import sys
import warnings

from pythonjsonlogger.json import JsonFormatter

from serving.settings import ServiceSettings

_TEXT = "%(asctime)s %(levelname)s %(name)s [%(correlation_id)s] %(message)s"
_TRACED_TEXT = "%(asctime)s %(levelname)s %(name)s [%(correlation_id)s %(trace_id)s] %(message)s"
_FIELDS = ["levelname", "name", "correlation_id", "message"]
_NAMES = {"levelname": "level", "name": "logger", "correlation_id": "request_id"}


def configure_logging(settings: ServiceSettings, correlation: logging.Filter) -> None:
    """Send the log records of the whole process, including libraries, to standard error, without warnings.

    correlation: a filter that sets `correlation_id`, the request or job that a record belongs to.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(correlation)
    if settings.otlp_endpoint:
        from serving.tracing import TraceIds  # noqa: PLC0415 - imported only if traces are enabled

        handler.addFilter(TraceIds())
    handler.setFormatter(_formatter(settings.log_format, traced=bool(settings.otlp_endpoint)))
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
    if not sys.warnoptions:  # a file can cause a warning for each of its fields, on lines that are not of the format
        warnings.simplefilter("ignore")


def _formatter(log_format: str, *, traced: bool) -> logging.Formatter:
    if log_format == "text":
        return logging.Formatter(_TRACED_TEXT if traced else _TEXT)
    fields = [*_FIELDS, "trace_id"] if traced else _FIELDS
    return JsonFormatter(fields, rename_fields=_NAMES, timestamp="time")
