"""Traces with OpenTelemetry. Its SDK is imported only if an endpoint is set."""

import logging
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from opentelemetry import trace

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

_EXPORT_SECONDS = 3
_SDK_MISSING = (
    "Traces need the packages of requirements/traces.txt: install them, or unset OTEL_EXPORTER_OTLP_ENDPOINT."
)


class TraceIds(logging.Filter):
    """Adds the id of the current trace to each log record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the id; no record is filtered out."""
        record.trace_id = current_trace_id() or "-"
        return True


@dataclass(frozen=True, slots=True)
class Spans:
    """Creation and export of the spans of a process."""

    provider: "TracerProvider"
    tracer: trace.Tracer

    def close(self) -> None:
        """Send the remaining spans, or drop them if the endpoint does not accept them within a few seconds."""
        self.provider.shutdown()

    def add_stages(self, begun: float, stages: Mapping[str, float]) -> None:
        """Make a span for each of several consecutive stages, inside the current one.

        begun: when the first one began, on `time.monotonic`'s clock. stages: durations in milliseconds.
        """
        if not trace.get_current_span().is_recording():
            return
        start = time.time_ns() - round((time.monotonic() - begun) * 1e9)
        for name, milliseconds in stages.items():
            end = start + round(milliseconds * 1e6)
            self.tracer.start_span(name, start_time=start).end(end)
            start = end


def current_trace_id() -> str | None:
    """Return the id of the current trace, 32 hexadecimal digits, or None outside of a trace."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else None


def note_path(path: str) -> None:
    """Give the span of the current request, which began without a path, the one that may be shown."""
    if (span := trace.get_current_span()).is_recording():
        span.set_attribute("url.path", path)


def note_operation(route: str, operation: str) -> None:
    """Name the span of the current request after its operation, if several operations share its route."""
    if (span := trace.get_current_span()).is_recording():
        span.update_name(f"{route} {operation}")
        span.set_attribute("rpc.method", operation)


def open_tracing(endpoint: str | None, service: str) -> Spans | None:
    """Set up spans of `service`, sent to `endpoint`; return None without an endpoint.

    The SDK itself reads OpenTelemetry's other variables, such as OTEL_TRACES_SAMPLER. Ends the process with a message
    if the SDK is not installed.
    """
    if endpoint is None:
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

        from serving.nameless_spans import NamelessSpans  # noqa: PLC0415
    except ImportError:
        sys.exit(_SDK_MISSING)
    provider = TracerProvider(resource=Resource.create({"service.name": service}), shutdown_on_exit=False)
    exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=_EXPORT_SECONDS)
    provider.add_span_processor(NamelessSpans())
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return Spans(provider, provider.get_tracer("faceserver"))
