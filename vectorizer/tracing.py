"""Traces by OpenTelemetry, if an endpoint is set; only then is its SDK imported."""

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
        """Add the id and let the record pass."""
        record.trace_id = current_trace_id() or "-"
        return True


@dataclass(frozen=True, slots=True)
class Spans:
    """Makes and sends the spans of a process."""

    provider: "TracerProvider"
    tracer: trace.Tracer

    def close(self) -> None:
        """Send the remaining spans, or drop them if they cannot be sent within seconds."""
        self.provider.shutdown()

    def image_done(self, asked: float, stages: Mapping[str, float]) -> None:
        """Make a span for each stage of an image, inside the current one.

        asked: when the image came, on `time.monotonic`'s clock. stages: consecutive, in milliseconds, from then on.
        """
        if not trace.get_current_span().is_recording():
            return
        start = time.time_ns() - round((time.monotonic() - asked) * 1e9)
        for name, milliseconds in stages.items():
            end = start + round(milliseconds * 1e6)
            self.tracer.start_span(name, start_time=start).end(end)
            start = end


def current_trace_id() -> str | None:
    """Return the id of the current trace, 32 hexadecimal digits, or None outside of one."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else None


def open_tracing(endpoint: str | None, service: str) -> Spans | None:
    """Return the spans of `service`, which are sent to `endpoint`, or None if it is not set.

    The SDK reads OpenTelemetry's other variables itself, such as OTEL_TRACES_SAMPLER. Ends the process, with a
    sentence, if the SDK is not installed.
    """
    if endpoint is None:
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError:
        sys.exit(_SDK_MISSING)
    provider = TracerProvider(resource=Resource.create({"service.name": service}), shutdown_on_exit=False)
    exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=_EXPORT_SECONDS)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return Spans(provider, provider.get_tracer("faceserver"))
