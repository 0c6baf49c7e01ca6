"""Reads the dead-letter topics: all there are, those of partners' own topics included."""

import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from libs.bus.client import broker_errors, milliseconds, open_client
from libs.bus.letter import Letter
from libs.bus.record import received
from libs.bus.settings import BusSettings
from libs.bus.topics import DEAD_LETTER_ROOM_BYTES
from libs.errors import NotFound, Unavailable
from libs.events.topics import DEAD_LETTER_SUFFIX

POLL_S = 0.1
# Of one answer of the broker. Letters of a partner's topic may have a megabyte each.
FETCH_BYTES = 16_000_000
LATEST_MS = 32_503_680_000_000  # the year 3000


class DeadLetterReader:
    """Reads without a group and without a mark: what was read is there as before.

    Each call connects anew, for days may lie between two of them.
    """

    def __init__(
        self,
        settings: BusSettings,
        service_name: str,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._client_id = f"{service_name}-{settings.instance}-dead-letters"
        self._timeout_ms = milliseconds(settings.request_timeout_s)
        self._monotonic = monotonic

    def visit(
        self, wanted: Callable[[str], bool], visitor: Callable[[Letter], None], *, within_s: float
    ) -> bool:
        """Show the visitor each letter that is there now, in the order of each partition.

        `wanted` chooses by the topic's name. False when the time was up before the end. Raises
        Unavailable when the broker does not answer.
        """
        end = self._monotonic() + within_s
        with self._connected() as client:
            partitions = [
                TopicPartition(topic, number)
                for topic in sorted(filter(wanted, _dead_letter_topics(client)))
                for number in sorted(_numbers(client, topic))
            ]
            unread = self._unread(client, partitions)
            while unread:
                if self._monotonic() > end:
                    return False
                for partition, messages in client.poll(milliseconds(POLL_S)).items():
                    for message in messages:
                        # What comes in meanwhile may be what the visitor has sent back.
                        if partition in unread and message.offset < unread[partition]:
                            visitor(_letter(message))
                for partition in [p for p in unread if client.position(p) >= unread[p]]:
                    del unread[partition]
                    client.pause(partition)
        return True

    def letter(self, topic: str, partition: int, offset: int) -> Letter:
        """One letter. Raises NotFound, also when it has expired, and Unavailable."""
        place = TopicPartition(topic, partition)
        with self._connected() as client:
            # Asked about a topic that is not there, noida-db may bring it into being.
            if topic in _dead_letter_topics(client) and partition in _numbers(client, topic):
                ends = self._unread(client, [place])
                if place in ends and client.position(place) <= offset < ends[place]:
                    client.seek(place, offset)
                    found = self._next(client, place)
                    if found.offset == offset:
                        return _letter(found)
        raise NotFound(
            f"There is no dead letter {topic}:{partition}:{offset}, or it has expired. "
            "`navigator dlq list` names those that there are."
        )

    def _unread(
        self, client: KafkaConsumer, partitions: list[TopicPartition]
    ) -> dict[TopicPartition, int]:
        """Go to the beginning of each partition with letters in it; returns their ends."""
        begins = client.beginning_offsets(partitions, timeout_ms=self._timeout_ms)
        ends = client.end_offsets(partitions, timeout_ms=self._timeout_ms)
        unread = {place: end for place, end in ends.items() if end > begins[place]}
        client.assign([*unread])
        for place in unread:
            client.seek(place, begins[place])
        return unread

    def _next(self, client: KafkaConsumer, place: TopicPartition) -> ConsumerRecord:
        end = self._monotonic() + self._settings.request_timeout_s
        while self._monotonic() < end:
            for message in client.poll(milliseconds(POLL_S), 1).get(place, ()):
                return message
        raise Unavailable("the broker does not give the letter out; try again")

    @contextmanager
    def _connected(self) -> Iterator[KafkaConsumer]:
        settings = self._settings
        largest = settings.max_message_bytes + 2 * DEAD_LETTER_ROOM_BYTES
        with (
            broker_errors(settings, "reading dead letters"),
            closing(
                open_client(
                    KafkaConsumer,
                    settings,
                    self._client_id,
                    metrics_enabled=False,
                    enable_auto_commit=False,
                    auto_offset_reset="earliest",
                    allow_auto_create_topics=False,
                    max_partition_fetch_bytes=largest,
                    fetch_max_bytes=FETCH_BYTES,
                )
            ) as client,
        ):
            yield client


def _dead_letter_topics(client: KafkaConsumer) -> set[str]:
    return {topic for topic in client.topics() if topic.endswith(DEAD_LETTER_SUFFIX)}


def _numbers(client: KafkaConsumer, topic: str) -> set[int]:
    return client.partitions_for_topic(topic) or set()


def _letter(message: ConsumerRecord) -> Letter:
    # A producer may write any time it likes, also one that is none.
    milliseconds_since_1970 = min(max(0, message.timestamp or 0), LATEST_MS)
    written_at = dt.datetime.fromtimestamp(milliseconds_since_1970 / 1_000, dt.UTC)
    return Letter(message=received(message), written_at=written_at)
