"""What must not get into a trace: the words of a question, which stand in a page's address."""

from typing import Final

from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span, SpanProcessor

REDACTED: Final = "REDACTED"
# Of the semantic conventions: a server span's query, and a client span's address (the old name
# and the new one).
URL_QUERY: Final = "url.query"
_ADDRESSES: Final = ("http.url", "url.full")


class WithoutQueries(SpanProcessor):
    """Takes the query out of every span as it starts, before anything can export it."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - the SDK's interface
        """Called by the SDK, with the attributes that the span was started with."""
        attributes = span.attributes or {}
        if URL_QUERY in attributes:
            span.set_attribute(URL_QUERY, REDACTED)
        for name in _ADDRESSES:
            address, query, _ = str(attributes.get(name, "")).partition("?")
            if query:
                span.set_attribute(name, f"{address}?{REDACTED}")
