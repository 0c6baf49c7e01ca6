"""The W3C trace context in message headers.

Only `traceparent` and `tracestate` travel; baggage does not, so that nothing personal can.
"""

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from libs.telemetry import names

Headers = tuple[tuple[str, bytes], ...]

_TRACE_HEADERS = frozenset({names.HEADER_TRACEPARENT, names.HEADER_TRACESTATE})


def with_current_trace(headers: Headers) -> Headers:
    """The headers with the current span's context in place of any they had.

    Where no span is running the headers stay as they are.
    """
    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    if not carrier:
        return headers
    kept = tuple(header for header in headers if header[0] not in _TRACE_HEADERS)
    return kept + tuple((name, value.encode()) for name, value in carrier.items())


def context_of(headers: Headers) -> Context | None:
    """The context that the headers name; None (the current one) where they name none."""
    carrier = {
        name: value.decode("ascii", "replace") for name, value in headers if name in _TRACE_HEADERS
    }
    context = TraceContextTextMapPropagator().extract(carrier, Context())
    return context if trace.get_current_span(context).get_span_context().is_valid else None


def current_trace_id() -> str | None:
    """The running trace's id in hexadecimal, or None outside of any trace."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else None
