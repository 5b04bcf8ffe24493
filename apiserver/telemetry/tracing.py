"""Spans of SQL statements, from the driver's query logger, and of calls to vectorizers."""

import re
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Protocol

import aiohttp
from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_LITERAL = re.compile(r"E?'(?:[^'\\]|''|\\.)*'")
_SPACE = re.compile(r"\s+")
_MAX_CHARACTERS = 2_000
_PROPAGATOR = TraceContextTextMapPropagator()


class Statement(Protocol):
    """A record of asyncpg's query logger; `elapsed` is in seconds."""

    query: str
    elapsed: float
    exception: BaseException | None


def traced_sql(tracer: trace.Tracer) -> Callable[[Statement], None]:
    """Return a query logger that creates a span for each statement in a trace, without its arguments."""

    def note(statement: Statement) -> None:
        if not trace.get_current_span().is_recording():
            return
        end = time.time_ns()
        text = without_literals(statement.query)
        span = tracer.start_span(
            text.partition(" ")[0],
            kind=trace.SpanKind.CLIENT,
            attributes={"db.system.name": "postgresql", "db.query.text": text[:_MAX_CHARACTERS]},
            start_time=end - round(statement.elapsed * 1e9),
        )
        if statement.exception:
            span.set_attribute("error.type", type(statement.exception).__qualname__)
            span.set_status(trace.StatusCode.ERROR)
        span.end(end)

    return note


def without_literals(query: str) -> str:
    """Return a statement on one line, with question marks in place of its literals, some of which name a directory."""
    return _LITERAL.sub("?", _SPACE.sub(" ", query.strip()))


def traced_hop(tracer: trace.Tracer) -> aiohttp.TraceConfig:
    """Return an aiohttp configuration that creates a span for each request in a trace; probes belong to no trace.

    The trace is passed on in the W3C header `traceparent`.
    """

    async def on_start(_: aiohttp.ClientSession, call: SimpleNamespace, asked: aiohttp.TraceRequestStartParams) -> None:
        if not trace.get_current_span().get_span_context().is_valid:
            return
        attributes: dict[str, str | int] = {
            "http.request.method": asked.method,
            "server.address": asked.url.host or "",
            "server.port": asked.url.port or 0,
            "url.full": str(asked.url.with_query(None)),
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
