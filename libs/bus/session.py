"""From one connection to the broker until it is lost: poll, process, commit.

A session believes only what the broker remembers. It keeps the offset that the broker is
expected to hold for each partition and compares before every commit and every few seconds:
a broker that came back without its memory answers otherwise, the session ends with
Unavailable, and the next one starts from what there is.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.structs import OffsetAndMetadata

from libs.bus.client import give_back_parked, has_to_join, milliseconds
from libs.bus.letter_topics import LetterTopics
from libs.bus.partition_queue import PartitionQueue
from libs.bus.processing import Outcome, Processor, Verdict
from libs.bus.record import received
from libs.bus.settings import BusSettings
from libs.bus.subscription import Subscription
from libs.bus.unreadable import set_unreadable_aside
from libs.errors import Unavailable

logger = logging.getLogger(__name__)

# noida-db answers an empty fetch at once instead of waiting for data, which makes a long poll
# ask 1,600 times a second and burn a core. So we poll briefly and rest in between: 4 % of a
# core, and an event waits 50 ms at most.
POLL_S = 0.002
# A batch that has taken longer goes on after the next poll: what is done is committed by then, and
# the group hears of us. Twenty reports of ten slow documents would keep us away for hours.
BATCH_S = 5.0
# While the group forms there is little to fetch, and nothing is won by looking often.
JOIN_S = 0.2


@dataclass(frozen=True, slots=True)
class Hold:
    """A partition that waits: from where it goes on, and when (monotonic seconds)."""

    offset: int
    until: float


class Session:
    """Belongs to one thread; `lag`, `ready` and `dead_letter_limit_reached` may be read by any."""

    def __init__(
        self,
        client: KafkaConsumer,
        settings: BusSettings,
        processor: Processor,
        subscription: Subscription,
        letter_topics: LetterTopics,
        stopping: threading.Event,
        *,
        lanes: int = 1,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`lanes` is how many messages are worked on at a time, each of another key."""
        self.lag: Mapping[str, int] = {}
        self.ready = False
        self.dead_letter_limit_reached = False
        self._client = client
        self._unreadable = set_unreadable_aside(client)
        self._settings = settings
        self._timeout_ms = milliseconds(settings.request_timeout_s)
        self._processor = processor
        self._subscription = subscription
        self._letter_topics = letter_topics
        self._stopping = stopping
        self._lanes = lanes
        self._monotonic = monotonic
        self._committed: dict[TopicPartition, int] = {}
        self._done: dict[TopicPartition, int] = {}
        self._holds: dict[TopicPartition, Hold] = {}
        self._retried: dict[TopicPartition, int] = {}
        self._served: set[TopicPartition] = set()
        self._next_look = 0.0
        self._rest_s = 0.0

    def run(self) -> None:
        """Return when told to stop, or when the limit on dead letters is reached.

        Raises KafkaError or Unavailable when the broker is lost or has lost its memory.
        """
        if self._subscription.pattern:
            self._client.subscribe(pattern=self._subscription.pattern)
        else:
            self._client.subscribe(self._subscription.topics)
        while not self._ending:
            batch = self._poll()
            self._adopt()
            self._work(batch)
            self._wait_at_unreadable()
            self._commit()
            self._look()

    @property
    def _ending(self) -> bool:
        return self._stopping.is_set() or self.dead_letter_limit_reached

    def _poll(self) -> Mapping[TopicPartition, Sequence[ConsumerRecord]]:
        """What has come, after a rest if nothing had come the last time."""
        self._stopping.wait(self._rest_s)
        now = self._monotonic()
        for partition in [p for p, hold in self._holds.items() if hold.until <= now]:
            del self._holds[partition]
            if partition in self._client.assignment() - self._served:
                self._client.resume(partition)
        give_back_parked(self._client)
        settled = self._client.assignment() and not has_to_join(self._client)
        timeout = POLL_S if settled else JOIN_S
        batch: Mapping[TopicPartition, Sequence[ConsumerRecord]] = self._client.poll(
            milliseconds(timeout), max_records=self._settings.max_poll_records
        )
        longer = min(self._settings.idle_wait_s, max(POLL_S, 2 * self._rest_s))
        self._rest_s = 0.0 if batch or self._served else longer
        self._take_turns(batch)
        return batch

    def _take_turns(self, batch: Mapping[TopicPartition, Sequence[ConsumerRecord]]) -> None:
        """Let topics that have more than a batch step back until the others have nothing.

        The client hands out all that it has fetched of one partition before it comes to the
        next: of 3,000 waiting events of one topic, 2,900 went before another's single one.
        What it has fetched it keeps while the partition is paused.
        """
        owned = self._client.assignment()
        if not batch:
            self._client.resume(*((self._served & owned) - self._holds.keys()))
            self._served.clear()
        elif sum(map(len, batch.values())) >= self._settings.max_poll_records:
            topics = {partition.topic for partition in batch}
            served = {partition for partition in owned if partition.topic in topics}
            self._client.pause(*served)
            self._served |= served

    def _adopt(self) -> None:
        """Take note of partitions that came and went."""
        owned = self._client.assignment()
        for partition in self._committed.keys() - owned:
            del self._committed[partition]
            self._holds.pop(partition, None)
            self._retried.pop(partition, None)
            self._processor.forget(partition.topic, partition.partition)
        new = owned - self._committed.keys()
        # Those who write to a topic look for its dead-letter topic from the start.
        found = {partition.topic for partition in new}
        lacking = self._letter_topics.lacking(found.union(self._subscription.topics))
        for partition in new:
            if partition.topic in lacking:
                self._client.pause(partition)
                continue
            self._client.resume(partition)
            offset = self._client.committed(partition, timeout_ms=self._timeout_ms)
            if offset is None:
                # A first commit is the mark by which a broker that forgets gives itself away.
                offset = self._edges(self._client.beginning_offsets, [partition])[partition]
                self._client.commit(_offsets({partition: offset}), timeout_ms=self._timeout_ms)
            self._committed[partition] = offset
            self._next_look = 0.0

    def _work(self, batch: Mapping[TopicPartition, Sequence[ConsumerRecord]]) -> None:
        """Process a batch, several messages at a time, and settle what comes of each."""
        until = self._monotonic() + BATCH_S
        # What has to be tried again goes alone, or those behind it were done again each time too.
        queues = [
            PartitionQueue(partition, messages, self._retried.get(partition))
            for partition, messages in batch.items()
        ]
        in_hand: dict[Future[Verdict], PartitionQueue] = {}
        try:
            while self._begin(queues, in_hand, until):
                finished, _ = wait(in_hand, self._settings.check_interval_s, FIRST_COMPLETED)
                for verdict in finished:
                    self._settle(in_hand.pop(verdict))
                self._look()
        finally:
            # When the session breaks off it ends before the next one gets it again.
            wait(in_hand)

    def _begin(
        self,
        queues: Sequence[PartitionQueue],
        in_hand: dict[Future[Verdict], PartitionQueue],
        until: float,
    ) -> bool:
        """Take on as many messages as there are lanes; False when none is in hand any more."""
        for queue in queues:
            while len(in_hand) < self._lanes and (message := queue.first) is not None:
                if not self._is_next(queue.partition, message, until):
                    queue.drop()
                    break
                verdict = _on_a_lane(self._processor, message)
                queue.begin(verdict)
                in_hand[verdict] = queue
        return bool(in_hand)

    def _is_next(self, partition: TopicPartition, message: ConsumerRecord, until: float) -> bool:
        """Whether to take this message on. If not, it and what is behind it come again later."""
        if self._ending:
            return False
        if partition not in self._committed:
            # Its topic lacks a dead-letter topic, and this had come before that was known.
            self._client.seek(partition, message.offset)
            return False
        if held := self._holds.get(partition):
            # A rebalance has forgotten that this partition is paused.
            self._hold(partition, held)
            return False
        if self._monotonic() > until:
            if partition in self._client.assignment():
                self._client.seek(partition, message.offset)
            return False
        return True

    def _settle(self, queue: PartitionQueue) -> None:
        for message, verdict in queue.settled():
            if verdict.finished:
                self._done[queue.partition] = message.offset + 1
                self._retried.pop(queue.partition, None)
                continue
            queue.forget()
            if verdict.outcome is Outcome.STOP:
                self.dead_letter_limit_reached = True
            else:
                again = self._monotonic() + verdict.delay_s
                self._retried[queue.partition] = message.offset
                self._hold(queue.partition, Hold(message.offset, again))

    def _wait_at_unreadable(self) -> None:
        """Let partitions with something that cannot be read wait there, and the others go on."""
        while self._unreadable:
            partition, error = self._unreadable.popitem()
            if partition in self._holds or partition not in self._client.assignment():
                continue
            offset = self._client.position(partition)
            logger.error(
                "a partition cannot be read and waits: look at our rights, and if a record is "
                "broken delete those up to it or move the group past it",
                extra={
                    "topic": partition.topic,
                    "partition": partition.partition,
                    "offset": offset,
                    "error": type(error).__name__,
                    "reason": f"{error!s:.200}",
                },
            )
            until = self._monotonic() + self._settings.backoff_max_s
            self._hold(partition, Hold(offset, until))

    def _hold(self, partition: TopicPartition, hold: Hold) -> None:
        self._holds[partition] = hold
        if partition in self._client.assignment():
            self._client.pause(partition)
            self._client.seek(partition, hold.offset)

    def _commit(self) -> None:
        if not self._done:
            return
        self._check_memory(self._done)
        self._client.commit(_offsets(self._done), timeout_ms=self._timeout_ms)
        self._committed |= self._done
        self._done.clear()

    def _look(self) -> None:
        """Every few seconds: see that the broker is there and remembers, and measure the lag."""
        now = self._monotonic()
        if now < self._next_look:
            return
        self._next_look = now + self._settings.check_interval_s
        if not self._committed:
            # Nothing is ours to look at; that it answers is what counts.
            self._client.topics()
        ends = self._edges(self._client.end_offsets, list(self._committed))
        self._check_memory(self._committed)
        lag = Counter(dict.fromkeys(self._subscription.topics, 0))
        for partition, committed in self._committed.items():
            after = self._done.get(partition, committed)
            lag[partition.topic] += max(0, ends[partition] - after)
        self.lag = lag
        self.ready = bool(self._committed) or self._client.group_metadata().generation_id >= 0

    def _edges(
        self, ask: Callable[..., dict[TopicPartition, int]], partitions: list[TopicPartition]
    ) -> dict[TopicPartition, int]:
        try:
            return ask(partitions, timeout_ms=self._timeout_ms)
        except KeyError as error:
            # What kafka-python 3.0.12 says when a partition has ceased to be.
            raise Unavailable(
                "a partition is gone from the broker: joining the group anew", code="broker-forgot"
            ) from error

    def _check_memory(self, partitions: Iterable[TopicPartition]) -> None:
        for partition in partitions:
            remembered = self._client.committed(partition, timeout_ms=self._timeout_ms)
            if remembered != self._committed.get(partition):
                raise Unavailable(
                    "the broker does not hold the offset that was committed to it: it has lost "
                    "its memory, or another member took over; reading on from what it holds",
                    code="broker-forgot",
                )


def _offsets(offsets: Mapping[TopicPartition, int]) -> dict[TopicPartition, OffsetAndMetadata]:
    return {partition: OffsetAndMetadata(offset, "", -1) for partition, offset in offsets.items()}


def _on_a_lane(processor: Processor, message: ConsumerRecord) -> Future[Verdict]:
    """Process on a thread of its own. One that hangs does not keep the program from ending."""
    verdict: Future[Verdict] = Future()

    def work() -> None:
        try:
            verdict.set_result(processor.process(received(message)))
        except BaseException as error:  # noqa: BLE001 raised again where it is waited for
            verdict.set_exception(error)

    threading.Thread(target=work, name="bus-lane", daemon=True).start()
    return verdict
