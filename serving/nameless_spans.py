"""Spans that begin without the path and the query of their request; both may contain names of people."""

from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span, SpanProcessor

_HIDDEN = "-"


class NamelessSpans(SpanProcessor):
    """Hides what FastAPI writes into the span of each request; attributes cannot be removed."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - the SDK's
        """Hide path and query; `http.route` is added when the request has been routed."""
        for name in ("url.path", "url.query"):
            if name in (span.attributes or {}):
                span.set_attribute(name, _HIDDEN)
