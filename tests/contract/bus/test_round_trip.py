import gc
import itertools

import pytest
from opentelemetry import trace

from libs.bus.record import record_of
from libs.bus.topics import ensure_topic_names
from libs.clock import random_id, utc_now
from libs.errors import TooLarge, Unavailable
from libs.events.envelope import CONTENT_TYPE, EventPayload, decode
from libs.events.payloads import ReportIndexed, ReportWithdrawn
from libs.events.topics import REPORTS_INDEXED
from tests.contract.bus.stage import (
    SOURCE,
    Calls,
    Stage,
    free_port,
    settings_for,
    until,
    without_broker,
)


def test_a_record_arrives_with_key_headers_and_bytes(stage: Stage) -> None:
    record = stage.record("r1", headers=(("content-type", b"x"), ("mine", b"\x00\xff")))
    stage.producer.send([record])
    (found,) = stage.read(stage.topic.name, 1)
    assert (found.key, found.value) == ("r1", record.value)
    assert found.headers[:2] == record.headers
    assert [name for name, _ in found.headers[2:]] == ["traceparent"]


def test_the_event_is_a_cloud_event_about_its_report(stage: Stage) -> None:
    record = stage.record("r1")
    event = decode(record.value)
    assert (event.subject, event.source) == ("r1", SOURCE)
    assert dict(record.headers)["content-type"] == CONTENT_TYPE.encode()


def test_one_trace_from_the_outbox_to_the_answer(stage: Stage) -> None:
    report = random_id()
    answers = Calls()

    def answer(payload: EventPayload) -> list[EventPayload]:
        return [ReportIndexed(report_id=payload.report_id, version=1, passages=1, model="m")]

    tracer = stage.tracing.get_tracer("test")
    with tracer.start_as_current_span("accept") as accepted:
        record = stage.record(report)  # As the outbox stores it; the relay sends it later.
    stage.consume(answers, handlers={stage.topic: answer, REPORTS_INDEXED: answers})
    stage.producer.send([record])
    until(lambda: report in answers.ids, "the answer to be handled")

    def mine() -> dict[str, object]:
        return {
            span.name: span
            for span in stage.spans.get_finished_spans()
            if span.context.trace_id == accepted.get_span_context().trace_id
        }

    chain = [
        "accept",
        f"send {stage.topic.name}",
        f"process {stage.topic.name}",
        f"send {REPORTS_INDEXED.name}",
        f"process {REPORTS_INDEXED.name}",
    ]
    until(lambda: len(mine()) == len(chain), "five spans")
    spans = [mine()[name] for name in chain]
    for parent, child in itertools.pairwise(spans):
        assert child.parent.span_id == parent.context.span_id
    assert [span.kind for span in spans[1:3]] == [trace.SpanKind.PRODUCER, trace.SpanKind.CONSUMER]
    assert spans[2].attributes["messaging.consumer.group.name"] == stage.group
    assert spans[2].attributes["messaging.kafka.message.key"] == report


def test_records_of_one_key_stay_in_order(stage: Stage) -> None:
    calls = Calls()
    stage.consume(calls)
    # The report id is the payload's, the key is one for all.
    ids = [f"r{number:03}" for number in range(200)]
    stage.producer.send([stage.record(report_id, key="one") for report_id in ids])
    assert calls.wait_for(200) == ids


def test_topics_are_made_once_with_their_dead_letters(stage: Stage) -> None:
    ensure_topic_names(stage.settings, [stage.topic.name])
    ensure_topic_names(stage.settings, [stage.topic.name])
    more = stage.settings.model_copy(update={"partitions": 3})
    ensure_topic_names(more, [stage.topic.name])
    stage.send("r1")
    assert len(stage.read(stage.topic.name, 1)) == 1


@without_broker
def test_no_broker_is_unavailable_and_says_what_to_do() -> None:
    settings = settings_for(f"127.0.0.1:{free_port()}", connect_timeout_s=0.3)
    with pytest.raises(Unavailable, match=r"NAVIGATOR_KAFKA_BOOTSTRAP"):
        ensure_topic_names(settings, ["test.none.v1"])
    stage = Stage(settings)
    with pytest.raises(Unavailable, match=r"NAVIGATOR_KAFKA_BOOTSTRAP"):
        stage.send("r1")
    consumer = stage.consume(Calls(), wait=False)
    until(
        lambda: "NAVIGATOR_KAFKA_BOOTSTRAP" in (consumer.health() or ""), "the consumer to say so"
    )
    assert consumer.failure is None
    stage.close()
    gc.collect()


def test_too_large_is_told_before_anything_is_sent(stage: Stage) -> None:
    large = stage.record("r2", value=b"x" * 1_000_001)
    with pytest.raises(TooLarge, match="behind a link"):
        stage.producer.send([stage.record("r1"), large])
    stage.send("r3")
    assert [record.key for record in stage.read(stage.topic.name, 1)] == ["r3"]


def test_a_record_made_outside_of_any_trace_has_no_parent() -> None:
    payload = ReportWithdrawn(report_id="r1", version=1)
    record = record_of(payload, source=SOURCE, clock=utc_now, new_id=random_id)
    assert "traceparent" not in dict(record.headers)
