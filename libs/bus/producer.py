"""Send records and wait until the broker has them all."""

import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from kafka import KafkaProducer
from kafka.errors import KafkaError
from opentelemetry import metrics, trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from libs.bus.client import broker_errors, milliseconds, open_client, rest_without_leader
from libs.bus.record import KEY_ERRORS, Record
from libs.bus.settings import BusSettings
from libs.bus.topics import DEAD_LETTER_ROOM_BYTES, ensure_topic_names
from libs.errors import TooLarge
from libs.events.topics import DEAD_LETTER_SUFFIX
from libs.telemetry import names, propagation


class EventProducer:
    """Thread-safe. Connects at the first send, and anew after a failure."""

    def __init__(
        self,
        settings: BusSettings,
        service_name: str,
        *,
        tracer_provider: trace.TracerProvider | None = None,
        meter_provider: metrics.MeterProvider | None = None,
    ) -> None:
        self._settings = settings
        self._client_id = f"{service_name}-{settings.instance}-producer"
        self._tracer = trace.get_tracer(names.SCOPE_BUS, tracer_provider=tracer_provider)
        self._sent = metrics.get_meter(
            names.SCOPE_BUS, meter_provider=meter_provider
        ).create_counter(names.METRIC_SENT, "{message}", "Messages the broker has acknowledged")
        self._lock = threading.Lock()
        self._client: KafkaProducer | None = None
        self._topics: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def send(self, records: Sequence[Record]) -> None:
        """Return when every record is acknowledged by all replicas.

        Raises Unavailable when one is not; some may be in the topic then, and a second call
        may write those twice. Raises TooLarge for a record over `max_message_bytes`.
        """
        if not records:
            return
        self._check_sizes(records)
        spans = [self._start_span(record) for record in records]
        client: KafkaProducer | None = None
        try:
            with broker_errors(self._settings, "sending events"):
                client = self._connect({record.topic for record in records})
                self._deliver(client, records, spans)
        except Exception as error:
            self._fail(spans, error)
            if not isinstance(error, TooLarge):
                # A producer whose broker forgot it never recovers: its sequence numbers are
                # out of order for good. A new one is 5 ms away.
                self._disconnect(client)
            raise
        finally:
            for span in spans:
                span.end()
        for record in records:
            self._sent.add(1, {names.MESSAGING_DESTINATION_NAME: record.topic})

    def close(self) -> None:
        """Let go of the connection. `send` has already waited for what was sent."""
        with self._lock:
            client = self._client
        self._disconnect(client)

    def _check_sizes(self, records: Sequence[Record]) -> None:
        limit = self._settings.max_message_bytes
        for record in records:
            dead = record.topic.endswith(DEAD_LETTER_SUFFIX)
            if len(record.value) > limit + (DEAD_LETTER_ROOM_BYTES if dead else 0):
                raise TooLarge(
                    f"an event for {record.topic} has {len(record.value)} bytes, the limit is "
                    f"{limit}: put the content behind a link, or raise the bus's max_message_bytes"
                )

    def _start_span(self, record: Record) -> Span:
        return self._tracer.start_span(
            f"{names.SPAN_SEND} {record.topic}",
            context=propagation.context_of(record.headers),
            kind=SpanKind.PRODUCER,
            attributes={
                names.MESSAGING_SYSTEM: names.MESSAGING_SYSTEM_KAFKA,
                names.MESSAGING_OPERATION_NAME: names.SPAN_SEND,
                names.MESSAGING_OPERATION_TYPE: "send",
                names.MESSAGING_DESTINATION_NAME: record.topic,
                names.MESSAGING_CLIENT_ID: self._client_id,
                names.MESSAGING_MESSAGE_BODY_SIZE: len(record.value),
                names.MESSAGING_KAFKA_MESSAGE_KEY: record.key.encode(errors="replace").decode(),
            },
        )

    def _connect(self, topics: set[str]) -> KafkaProducer:
        with self._lock:
            if unknown := topics - self._topics:
                ensure_topic_names(self._settings, unknown)
                self._topics |= unknown
            if self._client is None:
                self._client = self._new_client()
            return self._client

    def _new_client(self) -> KafkaProducer:
        timeout = milliseconds(self._settings.request_timeout_s)
        client: KafkaProducer = open_client(
            KafkaProducer,
            self._settings,
            self._client_id,
            metrics_enabled=False,
            acks="all",
            enable_idempotence=True,
            linger_ms=0,
            max_block_ms=timeout,
            delivery_timeout_ms=timeout,
            max_request_size=self._settings.max_message_bytes + DEAD_LETTER_ROOM_BYTES,
            allow_auto_create_topics=False,
        )
        rest_without_leader(client)
        return client

    def _deliver(
        self, client: KafkaProducer, records: Sequence[Record], spans: Sequence[Span]
    ) -> None:
        futures = []
        for record, span in zip(records, spans, strict=True):
            with trace.use_span(span):
                headers = propagation.with_current_trace(record.headers)
            key = record.key.encode(errors=KEY_ERRORS) or None
            futures.append(client.send(record.topic, record.value, key, list(headers)))
        for span, future in zip(spans, futures, strict=True):
            # A little over the delivery timeout, so that the client itself says what was wrong.
            at = future.get(self._settings.request_timeout_s + 1)
            span.set_attribute(names.MESSAGING_DESTINATION_PARTITION_ID, str(at.partition))
            span.set_attribute(names.MESSAGING_KAFKA_OFFSET, at.offset)

    def _disconnect(self, client: KafkaProducer | None) -> None:
        with self._lock:
            if client is not self._client:
                return
            self._client = None
            self._topics.clear()
        if client is not None:
            _close(client)

    @staticmethod
    def _fail(spans: Sequence[Span], error: Exception) -> None:
        cause = error.__cause__ if isinstance(error.__cause__, KafkaError) else error
        for span in spans:
            span.set_attribute(names.ERROR_TYPE, type(cause).__name__)
            span.set_status(Status(StatusCode.ERROR, type(cause).__name__))


def _close(client: KafkaProducer) -> None:
    try:
        client.close(timeout=0)
    except KafkaError:
        # Where another thread's records are under way kafka-python 3.0.12 gives up closing. They
        # must end too: nobody but those who wait for them holds this client any more.
        client._sender.force_close()  # noqa: SLF001
