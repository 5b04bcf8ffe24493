"""Spans of SQL statements, from the driver's query logger, and of calls to vectorizers."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol
from urllib.parse import urlsplit

from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from apiserver.vectorizers.exchange import Noting, TracedHop

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


def traced_hop(tracer: trace.Tracer) -> TracedHop:
    """Return what makes a span of each call of a vectorizer in a trace; probes belong to no trace.

    The trace is passed on in the W3C header `traceparent`.
    """

    @contextmanager
    def hop(method: str, url: str, headers: dict[str, str]) -> Iterator[Noting]:
        if not trace.get_current_span().get_span_context().is_valid:
            yield lambda _: None
            return
        parts = urlsplit(url)
        attributes: dict[str, str | int] = {
            "http.request.method": method,
            "server.address": parts.hostname or "",
            "server.port": parts.port or 0,
            "url.full": url.partition("?")[0],
        }
        span = tracer.start_span(method, kind=trace.SpanKind.CLIENT, attributes=attributes)
        _PROPAGATOR.inject(headers, trace.set_span_in_context(span))

        def note(status: int) -> None:
            span.set_attribute("http.response.status_code", status)
            if status >= 500:
                span.set_status(trace.StatusCode.ERROR)

        try:
            yield note
        except Exception as error:
            span.set_attribute("error.type", type(error).__qualname__)
            span.set_status(trace.StatusCode.ERROR)
            raise
        finally:
            span.end()

    return hop
