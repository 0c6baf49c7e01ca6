"""A message on its way to Kafka (and in the SQL outbox), and one that came from there."""

from dataclasses import dataclass

from kafka.consumer.fetcher import ConsumerRecord

from libs.clock import Clock, NewId
from libs.events.envelope import CONTENT_TYPE, CloudEvent, EventPayload, encode
from libs.events.topics import topic_of
from libs.telemetry import names, propagation

Headers = tuple[tuple[str, bytes], ...]

# Foreign producers may use any bytes as a key; this error handler carries them unharmed
# through `str` and back.
KEY_ERRORS = "surrogateescape"


@dataclass(frozen=True, slots=True)
class Record:
    """A message to send. The key decides the partition; "" sends none."""

    topic: str
    key: str
    value: bytes
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class Received:
    """A message as it stands in its topic."""

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes
    headers: Headers


def received(message: ConsumerRecord) -> Received:
    """What a client read from a topic."""
    return Received(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        key=(message.key or b"").decode(errors=KEY_ERRORS),
        value=message.value or b"",
        headers=tuple((name, value or b"") for name, value in message.headers),
    )


def record_of(payload: EventPayload, *, source: str, clock: Clock, new_id: NewId) -> Record:
    """The payload as a CloudEvent for its topic, with the current trace in its headers.

    `source` is the CloudEvents source, such as `/navigator/ingest`.
    """
    event = CloudEvent(
        id=new_id(),
        source=source,
        type=payload.TYPE,
        time=clock(),
        subject=payload.report_id,
        data=payload.model_dump(mode="json"),
    )
    content_type = (names.HEADER_CONTENT_TYPE, CONTENT_TYPE.encode())
    return Record(
        topic=topic_of(payload).name,
        key=payload.report_id,
        value=encode(event),
        headers=propagation.with_current_trace((content_type,)),
    )
