"""The most recent traces, kept in the process: what `/ops/traces` shows without a collector."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import StatusCode, format_span_id, format_trace_id

Attribute = str | int | float | bool


@dataclass(frozen=True, slots=True)
class SpanRecord:
    """One finished span; times in nanoseconds since the epoch, ids in hexadecimal."""

    trace_id: str
    span_id: str
    parent_id: str | None
    service: str
    name: str
    kind: str
    start_ns: int
    end_ns: int
    failed: bool
    attributes: dict[str, Attribute] = field(default_factory=dict)


def span_record(span: ReadableSpan) -> SpanRecord:
    """A finished SDK span as plain data. Sequences among its attributes become text."""
    context = span.get_span_context()
    if context is None:
        raise ValueError("a finished span has a context")
    return SpanRecord(
        trace_id=format_trace_id(context.trace_id),
        span_id=format_span_id(context.span_id),
        parent_id=format_span_id(span.parent.span_id) if span.parent else None,
        service=str(span.resource.attributes.get("service.name", "unknown")),
        name=span.name,
        kind=span.kind.name.lower(),
        start_ns=span.start_time or 0,
        end_ns=span.end_time or 0,
        failed=span.status.status_code is StatusCode.ERROR,
        attributes={
            key: value if isinstance(value, str | int | float | bool) else str(value)
            for key, value in (span.attributes or {}).items()
        },
    )


class TraceRing(SpanExporter):
    """Keeps the spans of the last `capacity` traces, and drops the oldest trace whole."""

    def __init__(self, capacity: int = 500, spans_per_trace: int = 1_000) -> None:
        self._capacity = capacity
        self._spans_per_trace = spans_per_trace
        self._traces: OrderedDict[str, list[SpanRecord]] = OrderedDict()
        self._lock = threading.Lock()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Called by the SDK when spans end."""
        with self._lock:
            for record in map(span_record, spans):
                kept = self._traces.setdefault(record.trace_id, [])
                if len(kept) < self._spans_per_trace:
                    kept.append(record)
            while len(self._traces) > self._capacity:
                self._traces.popitem(last=False)
        return SpanExportResult.SUCCESS

    def recent(self, limit: int) -> list[list[SpanRecord]]:
        """The newest traces, newest first, each as its spans."""
        with self._lock:
            return [list(spans) for spans in reversed(self._traces.values())][:limit]

    def trace(self, trace_id: str) -> list[SpanRecord]:
        """All kept spans of a trace; empty when it is not known here."""
        with self._lock:
            return list(self._traces.get(trace_id, ()))
