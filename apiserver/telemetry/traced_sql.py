"""Spans of SQL statements, from the driver's query logger."""

import re
import time
from collections.abc import Callable
from typing import Protocol

from opentelemetry import trace

_LITERAL = re.compile(r"E?'(?:[^'\\]|''|\\.)*'")
_SPACE = re.compile(r"\s+")
_MAX_CHARACTERS = 2_000


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
