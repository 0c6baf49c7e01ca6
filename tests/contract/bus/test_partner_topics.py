"""Partners' own topics on a real broker: found, read in turns, never stopped by one another."""

import dataclasses
import datetime as dt
import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewPartitions, NewTopic
from kafka.consumer.fetcher import Fetcher
from kafka.errors import TopicAuthorizationFailedError
from opentelemetry.trace import format_trace_id

from libs.bus import topics
from libs.bus.record import Record
from libs.bus.topics import ensure_topic_names
from libs.errors import InvalidInput
from libs.events.envelope import EventPayload
from libs.events.partner import PartnerReportSubmitted, PartnerReportWithdrawn
from libs.events.partner_topics import FromPartner, PartnerTopics, partner_topic
from libs.telemetry import names
from tests.contract.bus.stage import Stage, until

QUICK = {"discovery_s": 0.2, "max_poll_records": 5}


class Taken:
    """A handler that writes down whose events it gets, and fails on what it is told to."""

    def __init__(self, *, failing: str = "", error: Exception | None = None) -> None:
        self.events: list[FromPartner] = []
        self._failing = failing
        self._error = error

    def __call__(self, given: FromPartner) -> Sequence[EventPayload]:
        self.events.append(given)
        if given.region == self._failing and self._error:
            raise self._error
        return ()

    def of(self, region: str) -> list[FromPartner]:
        return [given for given in list(self.events) if given.region == region]

    def wait_for(self, region: str, count: int = 1) -> list[FromPartner]:
        until(lambda: len(self.of(region)) >= count, f"{count} events of {region}")
        return self.of(region)


@pytest.fixture(autouse=True)
def only_this_tests_partners(bootstrap: str) -> Iterator[None]:
    """Every consumer reads all partners' topics, so none may be left."""
    yield
    with closing(KafkaAdminClient(bootstrap_servers=bootstrap)) as admin:
        left = [name for name in admin.list_topics() if name.startswith("partner.")]
        admin.delete_topics(left)


@pytest.fixture
def region() -> str:
    return f"r-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def other() -> str:
    return f"s-{uuid.uuid4().hex[:12]}"


def handed_over(region: str, **changes: object) -> dict[str, object]:
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": f"/partners/{region}",
        "type": "report.submitted",
        "time": dt.datetime.now(dt.UTC).isoformat(),
        "data": {"title": "Byabussen", "text": "Den kör på beställning."},
    } | changes


def record(region: str, value: object = None, key: str = "k", **more: object) -> Record:
    body = value if isinstance(value, bytes) else json.dumps(value or handed_over(region)).encode()
    return dataclasses.replace(Record(partner_topic(region), key, body), **more)


def read_partners(stage: Stage, taken: Taken, *regions: str, **changes: object) -> None:
    stage.consume(taken, handlers={PartnerTopics(regions): taken}, **QUICK | changes)


def test_a_topic_that_appears_is_read_without_a_restart(stage: Stage, region: str) -> None:
    taken = Taken()
    read_partners(stage, taken)
    stage.producer.send([record(region)])
    event = taken.wait_for(region)[0].event
    assert isinstance(event, PartnerReportSubmitted)
    assert event.data.title == "Byabussen"


def test_every_topic_that_appears_later_is_found_too(stage: Stage, region: str, other: str) -> None:
    taken = Taken()
    read_partners(stage, taken, region)
    for later in (other, f"{other}-2", f"{other}-3"):
        stage.producer.send([record(later)])
        taken.wait_for(later)
    stage.producer.send([record(region)])
    taken.wait_for(region)


def test_partitions_that_are_added_are_read_too(stage: Stage, region: str) -> None:
    taken = Taken()
    one = stage.settings.model_copy(update={"partitions": 1})
    ensure_topic_names(one, [partner_topic(region)])
    read_partners(stage, taken)
    stage.producer.send([record(region)])
    taken.wait_for(region)
    with closing(KafkaAdminClient(bootstrap_servers=stage.settings.bootstrap)) as admin:
        admin.create_partitions({partner_topic(region): NewPartitions(3)})
    with stage.new_producer(stage.settings) as producer:
        producer.send([record(region, key=f"k{n}") for n in range(20)])
    taken.wait_for(region, 21)


def test_topics_of_known_partners_are_made_with_their_dead_letter_topics(
    stage: Stage, region: str
) -> None:
    read_partners(stage, Taken(), region)
    with closing(KafkaAdminClient(bootstrap_servers=stage.settings.bootstrap)) as admin:
        assert {partner_topic(region), partner_topic(region) + ".dlq"} <= set(admin.list_topics())


def test_a_partners_topic_keeps_its_partitions(stage: Stage, region: str) -> None:
    topic = partner_topic(region)
    one = stage.settings.model_copy(update={"partitions": 1})
    ensure_topic_names(one, [topic])
    ensure_topic_names(stage.settings, [topic])
    with closing(KafkaAdminClient(bootstrap_servers=stage.settings.bootstrap)) as admin:
        assert [len(found["partitions"]) for found in admin.describe_topics([topic])] == [1]


def test_one_event_does_not_wait_behind_anothers_thousand(
    stage: Stage, region: str, other: str
) -> None:
    taken = Taken()
    ensure_topic_names(stage.settings, map(partner_topic, [region, other]))
    stage.producer.send([record(region, key=f"k{n}") for n in range(1_000)])
    stage.producer.send([record(other)])
    read_partners(stage, taken)
    taken.wait_for(region, 1_000)
    first = next(n for n, given in enumerate(taken.events) if given.region == other)
    # Without turns it came last but for a partition's rest: at 900 and more.
    assert first < 100


def test_the_partners_trace_goes_on(stage: Stage, region: str) -> None:
    taken = Taken()
    read_partners(stage, taken, region)
    trace_id = uuid.uuid4().hex
    traceparent = f"00-{trace_id}-00f067aa0ba902b7-01"
    stage.producer.send([record(region, headers=(("traceparent", traceparent.encode()),))])
    taken.wait_for(region)
    until(
        lambda: any(
            span.name == f"process {partner_topic(region)}"
            and format_trace_id(span.context.trace_id) == trace_id
            for span in stage.spans.get_finished_spans()
        ),
        "the span",
    )


def test_binary_mode_is_read_too(stage: Stage, region: str) -> None:
    taken = Taken()
    read_partners(stage, taken, region)
    attributes = handed_over(region, type="report.withdrawn")
    del attributes["data"]
    headers = tuple((f"ce_{name}", str(value).encode()) for name, value in attributes.items())
    headers += (("content-type", b"application/json; charset=utf-8"),)
    stage.producer.send([record(region, {"external_id": "2021-04"}, headers=headers)])
    event = taken.wait_for(region)[0].event
    assert isinstance(event, PartnerReportWithdrawn)
    assert event.data.external_id == "2021-04"
    assert event.id == attributes["id"]


NOT_A_NUMBER = {"title": "x", "text": "y", "results": [{"value": float("nan")}]}
WRONG = {
    "not JSON": (b"\xff\x00 no", "invalid-envelope"),
    "an empty value": (b"", "invalid-envelope"),
    "JSON of another kind": (b"[1]", "invalid-envelope"),
    "no CloudEvent": (b'{"title": "x", "text": "y"}', "invalid-envelope"),
    "deeper than any parser goes": (b"[" * 100_000, "invalid-envelope"),
    "another type": ({"type": "report.sumbitted"}, "unexpected-event-type"),
    "no partner's source": ({"source": "/elsewhere"}, "invalid-event-data"),
    "unknown field": ({"data": {"title": "x", "text": "y", "txt": 1}}, "invalid-event-data"),
    "no time zone": ({"time": "2026-01-01T12:00:00"}, "invalid-event-data"),
    "NaN": ({"data": NOT_A_NUMBER}, "invalid-event-data"),
}


@pytest.mark.parametrize(("wrong", "code"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_event_is_a_dead_letter_as_it_was(
    stage: Stage, region: str, wrong: bytes | dict[str, object], code: str
) -> None:
    taken = Taken()
    read_partners(stage, taken, region)
    sent = record(region, wrong if isinstance(wrong, bytes) else handed_over(region, **wrong))
    stage.producer.send([sent, record(region)])
    letter = stage.read(f"{sent.topic}.dlq", 1)[0]
    headers = dict(letter.headers)
    assert (letter.value, letter.key) == (sent.value, sent.key)
    assert headers[names.HEADER_DEAD_CODE] == code.encode()
    assert headers[names.HEADER_DEAD_TOPIC] == sent.topic.encode()
    assert headers[names.HEADER_DEAD_REASON]
    assert len(taken.wait_for(region)) == 1


def test_what_is_too_large_is_a_dead_letter_that_says_where_it_is(
    stage: Stage, region: str
) -> None:
    taken = Taken()
    larger = stage.settings.model_copy(update={"max_message_bytes": 300_000})
    ensure_topic_names(larger, [partner_topic(region)])
    read_partners(stage, taken, region, max_message_bytes=10_000)
    with stage.new_producer(larger) as producer:
        producer.send([record(region, b"x" * 200_000), record(region)])
    headers = dict(stage.read(f"{partner_topic(region)}.dlq", 1)[0].headers)
    assert headers[names.HEADER_DEAD_CODE] == b"too-large"
    assert b"by HTTP" in headers[names.HEADER_DEAD_REASON]
    taken.wait_for(region)


def test_a_partner_whose_events_meet_a_bug_stops_no_other(
    stage: Stage, region: str, other: str
) -> None:
    taken = Taken(failing=region, error=ZeroDivisionError())
    rules = {"max_attempts": 1, "dead_letter_window": 4}
    consumer = stage.consume(
        taken, handlers={PartnerTopics((region, other)): taken}, **QUICK | rules
    )
    stage.producer.send([record(region) for _ in range(10)])
    # Two of them become dead letters; the third is tried again and again, and none is lost.
    taken.wait_for(region, 6)
    stage.producer.send([record(other) for _ in range(10)])
    taken.wait_for(other, 10)
    assert consumer.failure is None
    topic = partner_topic(region)
    expected = {topic: 8, partner_topic(other): 0}
    until(lambda: consumer.lag() == expected, "what waits to be counted")
    assert len(stage.read(f"{topic}.dlq", 2)) == 2


def test_however_much_a_partner_sends_that_is_wrong_the_others_go_on(
    stage: Stage, region: str, other: str
) -> None:
    taken = Taken(failing=region, error=InvalidInput("no"))
    read_partners(stage, taken, region, other)
    stage.producer.send([record(region, key=f"k{n}") for n in range(200)])
    stage.producer.send([record(other)])
    taken.wait_for(other)
    taken.wait_for(region, 200)


@pytest.mark.parametrize("configured", [True, False])
def test_a_topic_without_its_dead_letter_topic_waits_and_no_other(
    stage: Stage, region: str, other: str, monkeypatch: pytest.MonkeyPatch, *, configured: bool
) -> None:
    refused = [f"{partner_topic(region)}.dlq"]
    make = topics._make

    def make_allowed(admin: object, settings: object, name: str, *, exists: bool) -> None:
        if name in refused:
            # noida-db has no rights that it could refuse somebody.
            raise TopicAuthorizationFailedError({name})
        make(admin, settings, name, exists=exists)

    monkeypatch.setattr(topics, "_make", make_allowed)
    taken = Taken()
    bootstrap = stage.settings.bootstrap
    with closing(KafkaAdminClient(bootstrap_servers=bootstrap)) as admin:
        admin.create_topics([NewTopic(partner_topic(region), 2, 1)])
    with closing(KafkaProducer(bootstrap_servers=bootstrap)) as producer:
        for sent in (record(region), record(region)):
            producer.send(sent.topic, sent.value, b"k").get(10)
    read_partners(stage, taken, *((region,) if configured else ()))
    for count in (1, 2):
        stage.producer.send([record(other)])
        taken.wait_for(other, count)
    assert taken.of(region) == []
    refused.clear()
    assert len(taken.wait_for(region, 2)) == 2


def test_a_topic_that_may_not_be_read_waits_and_no_other(
    stage: Stage, region: str, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = [partner_topic(region)]
    parse = Fetcher._parse_fetched_data

    def parse_allowed(fetcher: Fetcher, answer: Any) -> Any:
        if answer.topic_partition.topic in refused:
            # noida-db has no rights that it could refuse somebody.
            raise TopicAuthorizationFailedError({region})
        return parse(fetcher, answer)

    monkeypatch.setattr(Fetcher, "_parse_fetched_data", parse_allowed)
    taken = Taken()
    read_partners(stage, taken, region, other)
    stage.producer.send([record(region), record(other)])
    taken.wait_for(other, 1)
    stage.producer.send([record(other)])
    taken.wait_for(other, 2)
    assert taken.of(region) == []
    refused.clear()
    taken.wait_for(region)
