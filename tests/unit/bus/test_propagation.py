from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from libs.telemetry import names, propagation

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
HEADERS = (("mine", b"1"), ("traceparent", PARENT.encode()), ("tracestate", b"a=1"))


def test_the_headers_name_the_parent() -> None:
    context = propagation.context_of(HEADERS)
    parent = trace.get_current_span(context).get_span_context()
    assert trace.format_trace_id(parent.trace_id) == "0af7651916cd43dd8448eb211c80319c"
    assert parent.trace_state["a"] == "1"


def test_headers_without_a_trace_or_with_nonsense_name_none() -> None:
    assert propagation.context_of((("mine", b"1"),)) is None
    assert propagation.context_of((("traceparent", b"\xff nonsense"),)) is None


def test_the_current_span_takes_the_place_of_the_old_one() -> None:
    tracer = TracerProvider().get_tracer("test")
    with tracer.start_as_current_span("child", context=propagation.context_of(HEADERS)) as span:
        headers = propagation.with_current_trace(HEADERS)
        assert propagation.current_trace_id() == "0af7651916cd43dd8448eb211c80319c"
    assert [name for name, _ in headers] == ["mine", "traceparent", "tracestate"]
    own = trace.format_span_id(span.get_span_context().span_id)
    assert own in dict(headers)[names.HEADER_TRACEPARENT].decode()


def test_outside_of_a_span_the_headers_stay_as_they_are() -> None:
    assert propagation.with_current_trace(HEADERS) == HEADERS
    assert propagation.current_trace_id() is None
