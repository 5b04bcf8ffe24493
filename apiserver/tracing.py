"""Traces by OpenTelemetry, where an endpoint is set; its SDK is imported then and at no other time."""

import logging
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from opentelemetry import trace

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

_EXPORT_SECONDS = 3
_LACKING = "Traces need the packages of requirements/traces.txt: install them, or unset OTEL_EXPORTER_OTLP_ENDPOINT."

Runner = Callable[[int, Mapping[str, Any]], Awaitable[None]]


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

    def around(self, kind: str, runner: Runner) -> Runner:
        """Return `runner` with a span around each run of a job of this kind."""

        async def run(number: int, arguments: Mapping[str, Any]) -> None:
            with self.tracer.start_as_current_span(f"job {kind}"):
                await runner(number, arguments)

        return run


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
