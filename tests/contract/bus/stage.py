"""What the bus's contract tests play with: topics of their own, recording handlers, a reader."""

import dataclasses
import faulthandler
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from libs.bus.consumer import EventConsumer, Handler
from libs.bus.producer import EventProducer
from libs.bus.record import Record, record_of
from libs.bus.settings import BusSettings
from libs.clock import random_id, utc_now
from libs.events.envelope import EventPayload
from libs.events.payloads import ReportWithdrawn
from libs.events.topics import Topic

DEADLINE_S = 40.0
# kafka-python 3.0.12 does not close the socket of a connection that was refused.
without_broker = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
SOURCE = "/navigator/test"


def settings_for(bootstrap: str, **changes: object) -> BusSettings:
    quick: dict[str, object] = {
        "bootstrap": bootstrap,
        "partitions": 2,
        "backoff_initial_s": 0.02,
        "backoff_max_s": 0.2,
        "session_timeout_s": 6,
        "request_timeout_s": 3,
        "connect_timeout_s": 1,
        "check_interval_s": 0.1,
    }
    return BusSettings.model_validate(quick | changes)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(condition: Callable[[], bool], what: str, deadline_s: float = DEADLINE_S) -> None:
    """Return when the condition holds; fail with what was waited for and where all threads are."""
    end = time.monotonic() + deadline_s
    pause = threading.Event()
    while not condition():
        if time.monotonic() > end:
            faulthandler.dump_traceback(sys.__stderr__)
            raise AssertionError(f"waited {deadline_s} s for: {what}")
        pause.wait(0.01)


class Calls:
    """A handler that writes down what it gets and answers as it is told."""

    def __init__(
        self, answer: Callable[[EventPayload], Sequence[EventPayload]] = lambda _: ()
    ) -> None:
        self._answer = answer
        self._lock = threading.Lock()
        self._ids: list[str] = []

    def __call__(self, payload: EventPayload) -> Sequence[EventPayload]:
        with self._lock:
            self._ids.append(payload.report_id)
        return self._answer(payload)

    @property
    def ids(self) -> list[str]:
        with self._lock:
            return list(self._ids)

    def wait_for(self, count: int) -> list[str]:
        until(lambda: len(self.ids) >= count, f"{count} calls, got {len(self.ids)}")
        return self.ids


@dataclass
class Stage:
    """One test's topic and group on a broker, and whatever runs on them."""

    settings: BusSettings
    topic: Topic = field(
        default_factory=lambda: Topic(f"test.{uuid.uuid4().hex}.v1", ReportWithdrawn, (), ())
    )
    group: str = field(default_factory=lambda: f"group-{uuid.uuid4().hex}")

    def __post_init__(self) -> None:
        self.spans = InMemorySpanExporter()
        self.tracing = TracerProvider()
        self.tracing.add_span_processor(SimpleSpanProcessor(self.spans))
        self.metrics = InMemoryMetricReader()
        self.metering = MeterProvider([self.metrics])
        self.producer = self.new_producer(self.settings)
        self._consumers: list[EventConsumer] = []

    def new_producer(self, settings: BusSettings) -> EventProducer:
        return EventProducer(
            settings, "test", tracer_provider=self.tracing, meter_provider=self.metering
        )

    def consume(
        self,
        handler: Handler,
        *,
        handlers: Mapping[Topic, Handler] | None = None,
        wait: bool = True,
        lanes: int = 1,
        monotonic: Callable[[], float] = time.monotonic,
        **changes: object,
    ) -> EventConsumer:
        settings = self.settings.model_copy(update=changes)
        consumer = EventConsumer(
            settings,
            service="test",
            group=self.group,
            handlers=handlers or {self.topic: handler},
            producer=self.producer,
            source=SOURCE,
            clock=utc_now,
            new_id=random_id,
            lanes=lanes,
            monotonic=monotonic,
            tracer_provider=self.tracing,
            meter_provider=self.metering,
        )
        self._consumers.append(consumer)
        consumer.start()
        if wait:
            until(
                lambda: consumer.health() is None, f"the consumer {settings.instance} to be ready"
            )
        return consumer

    def record(self, report_id: str = "r1", **changes: object) -> Record:
        payload = ReportWithdrawn(report_id=report_id, version=1)
        record = record_of(payload, source=SOURCE, clock=utc_now, new_id=random_id)
        return dataclasses.replace(record, **{"topic": self.topic.name} | changes)

    def send(self, *report_ids: str) -> None:
        self.producer.send([self.record(report_id) for report_id in report_ids])

    def send_again(self, *report_ids: str) -> None:
        """Send as the outbox's relay does: try until the broker has it."""

        def sent() -> bool:
            try:
                self.send(*report_ids)
            except Exception:  # noqa: BLE001 whatever it was, the deadline ends it
                return False
            return True

        until(sent, "the records to be sent")

    def wait_until_committed(self, count: int) -> None:
        """Return when the broker holds offsets that add up to so many events done."""
        with closing(KafkaAdminClient(bootstrap_servers=self.settings.bootstrap)) as admin:

            def committed() -> bool:
                offsets = admin.list_group_offsets(self.group)[self.group]
                return sum(found.offset for found in offsets.values()) == count

            until(committed, f"{count} events to be committed")

    def read(self, topic: str, count: int) -> list[Record]:
        """The first records of a topic, in the order of their partitions."""
        records: list[Record] = []
        with closing(KafkaConsumer(bootstrap_servers=self.settings.bootstrap)) as client:
            until(lambda: bool(client.partitions_for_topic(topic)), f"topic {topic}")
            found = [TopicPartition(topic, p) for p in sorted(client.partitions_for_topic(topic))]
            client.assign(found)
            client.seek_to_beginning()

            def read_enough() -> bool:
                for messages in client.poll(100).values():
                    records.extend(
                        Record(topic, m.key.decode(), m.value, tuple(m.headers)) for m in messages
                    )
                return len(records) >= count

            until(read_enough, f"{count} records in {topic}")
        return records

    def close(self) -> None:
        for consumer in self._consumers:
            assert consumer.stop(DEADLINE_S)
        self.producer.close()
        self.tracing.shutdown()
        self.metering.shutdown()
