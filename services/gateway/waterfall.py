"""A trace's spans as a table of nested bars, and many traces as a list."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SpanData = Mapping[str, Any]

WIDTH = 1_000
"""Units of a timeline; a bar's `x` and `width` are counted in them."""

# A span of a microsecond in a trace of a second must still be seen.
_THINNEST = 5
# Deeper spans are drawn at this depth; a phone has no room for more.
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Bar:
    """One span. `after_ns` counts from the trace's start, `tone` numbers its service from 0."""

    service: str
    name: str
    kind: str
    failed: bool
    depth: int
    tone: int
    x: int
    width: int
    after_ns: int
    duration_ns: int
    attributes: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class TraceSummary:
    """One line of the list of traces."""

    trace_id: str
    root: str
    services: tuple[str, ...]
    spans: int
    started: dt.datetime
    duration_ns: int
    failed: bool


def summary(spans: Sequence[SpanData]) -> TraceSummary:
    """What is told of a trace in one line; `spans` is not empty."""
    start, end = _limits(spans)
    first = _children(spans)[None][0]
    return TraceSummary(
        trace_id=str(first["trace_id"]),
        root=str(first["name"]),
        services=services(spans),
        spans=len(spans),
        started=dt.datetime.fromtimestamp(start / 1e9, dt.UTC),
        duration_ns=end - start,
        failed=any(span["failed"] for span in spans),
    )


def services(spans: Iterable[SpanData]) -> tuple[str, ...]:
    """The services that took part, in the order in which they came in."""
    ordered = sorted(spans, key=lambda span: int(span["start_ns"]))
    return tuple(dict.fromkeys(str(span["service"]) for span in ordered))


def waterfall(spans: Sequence[SpanData]) -> list[Bar]:
    """Each span under its parent, in order of their start; `spans` is not empty."""
    start, end = _limits(spans)
    tones = {service: tone for tone, service in enumerate(services(spans))}
    return [_bar(span, depth, tones, start, end) for span, depth in _nested(spans)]


def _nested(spans: Sequence[SpanData]) -> list[tuple[SpanData, int]]:
    children = _children(spans)
    found: list[tuple[SpanData, int]] = []
    waiting = [(span, 0) for span in reversed(children[None])]
    while waiting:
        span, depth = waiting.pop()
        found.append((span, depth))
        below = children.get(span["span_id"], [])
        waiting += [(child, depth + 1) for child in reversed(below)]
    return found


def _children(spans: Sequence[SpanData]) -> dict[str | None, list[SpanData]]:
    # A parent may be in a process that is away, or may not have ended: its children stand alone.
    known = {span["span_id"] for span in spans}
    children: dict[str | None, list[SpanData]] = {None: []}
    for span in sorted(spans, key=lambda span: int(span["start_ns"])):
        parent = span["parent_id"] if span["parent_id"] in known else None
        children.setdefault(parent, []).append(span)
    return children


def _limits(spans: Sequence[SpanData]) -> tuple[int, int]:
    return min(int(s["start_ns"]) for s in spans), max(int(s["end_ns"]) for s in spans)


def _bar(span: SpanData, depth: int, tones: Mapping[str, int], start: int, end: int) -> Bar:
    after = int(span["start_ns"]) - start
    duration = int(span["end_ns"]) - int(span["start_ns"])
    unit = WIDTH / max(1, end - start)
    width = max(_THINNEST, round(duration * unit))
    return Bar(
        service=str(span["service"]),
        name=str(span["name"]),
        kind=str(span["kind"]),
        failed=bool(span["failed"]),
        depth=min(depth, _DEEPEST),
        tone=tones[str(span["service"])],
        x=min(round(after * unit), WIDTH - width),
        width=width,
        after_ns=after,
        duration_ns=duration,
        attributes=span["attributes"],
    )
