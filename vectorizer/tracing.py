"""Traces by OpenTelemetry, where an endpoint is set; its SDK is imported then and at no other time."""

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
_LACKING = "Traces need the packages of requirements/traces.txt: install them, or unset OTEL_EXPORTER_OTLP_ENDPOINT."


class TraceIds(logging.Filter):
    """Gives each record the id of the trace it was written in."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass."""
        record.trace_id = current_trace_id() or "-"
        return True


@dataclass(frozen=True, slots=True)
class Spans:
    """What makes the spans of a process and sends them."""

    provider: "TracerProvider"
    tracer: trace.Tracer

    def close(self) -> None:
        """Send what is left, or give it up if nobody takes it within seconds."""
        self.provider.shutdown()

    def image_done(self, asked: float, stages: Mapping[str, float]) -> None:
        """Make a span of each stage of an image, inside the current one.

        asked: when the image came, on `time.monotonic`'s clock. stages: milliseconds, one after the other since then.
        """
        if not trace.get_current_span().is_recording():
            return
        start = time.time_ns() - round((time.monotonic() - asked) * 1e9)
        for name, milliseconds in stages.items():
            end = start + round(milliseconds * 1e6)
            self.tracer.start_span(name, start_time=start).end(end)
            start = end


def current_trace_id() -> str | None:
    """Return the id of the trace that this code runs for, 32 hexadecimal digits, or None outside of one."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else None


def open_tracing(endpoint: str | None, service: str) -> Spans | None:
    """Return what makes the spans of `service` and sends them to `endpoint`, or None where none is set.

    OpenTelemetry's other variables, such as OTEL_TRACES_SAMPLER, its SDK reads itself. Ends the process, with a
    sentence, where the SDK is not installed.
    """
    if endpoint is None:
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError:
        sys.exit(_LACKING)
    provider = TracerProvider(resource=Resource.create({"service.name": service}), shutdown_on_exit=False)
    exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=_EXPORT_SECONDS)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return Spans(provider, provider.get_tracer("faceserver"))
