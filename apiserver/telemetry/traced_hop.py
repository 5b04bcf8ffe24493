"""Spans of the calls to vectorizers; the trace is passed on in the W3C header `traceparent`."""

from types import SimpleNamespace

import aiohttp
from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_PROPAGATOR = TraceContextTextMapPropagator()


def traced_hop(tracer: trace.Tracer) -> aiohttp.TraceConfig:
    """Return an aiohttp configuration that creates a span for each request in a trace; probes belong to no trace."""

    async def on_start(_: aiohttp.ClientSession, call: SimpleNamespace, asked: aiohttp.TraceRequestStartParams) -> None:
        if not trace.get_current_span().get_span_context().is_valid:
            return
        attributes: dict[str, str | int] = {
            "http.request.method": asked.method,
            "server.address": asked.url.host or "",
            "server.port": asked.url.port or 0,
            "url.full": str(asked.url),
        }
        call.span = tracer.start_span(asked.method, kind=trace.SpanKind.CLIENT, attributes=attributes)
        _PROPAGATOR.inject(asked.headers, trace.set_span_in_context(call.span))

    async def on_end(_: aiohttp.ClientSession, call: SimpleNamespace, answered: aiohttp.TraceRequestEndParams) -> None:
        if span := getattr(call, "span", None):
            span.set_attribute("http.response.status_code", answered.response.status)
            if answered.response.status >= 500:
                span.set_status(trace.StatusCode.ERROR)
            span.end()

    async def on_exception(
        _: aiohttp.ClientSession, call: SimpleNamespace, failed: aiohttp.TraceRequestExceptionParams
    ) -> None:
        if span := getattr(call, "span", None):
            span.set_attribute("error.type", type(failed.exception).__qualname__)
            span.set_status(trace.StatusCode.ERROR)
            span.end()

    config = aiohttp.TraceConfig()
    config.on_request_start.append(on_start)
    config.on_request_end.append(on_end)
    config.on_request_exception.append(on_exception)
    return config
