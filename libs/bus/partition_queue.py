"""The messages of one partition in one batch, some of them in hand at the same time."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future

from kafka import TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from libs.bus.processing import Verdict


class PartitionQueue:
    """Begins messages in their order, never two of one key at a time, and tells what came of them.

    They may end in any order; they are settled in the partition's, because its offset says that
    all before it are done. Belongs to the session's thread.
    """

    def __init__(self, partition: TopicPartition, messages: Sequence[ConsumerRecord]) -> None:
        self.partition = partition
        self._waiting = deque(messages)
        self._begun: deque[tuple[ConsumerRecord, Future[Verdict]]] = deque()

    @property
    def first(self) -> ConsumerRecord | None:
        """The message that may begin now; None while there is none or its key is in hand."""
        if not self._waiting or self._waiting[0].key in {each.key for each, _ in self._begun}:
            return None
        return self._waiting[0]

    def begin(self, verdict: Future[Verdict]) -> None:
        """Note that the first message is in hand."""
        self._begun.append((self._waiting.popleft(), verdict))

    def settled(self) -> Iterator[tuple[ConsumerRecord, Verdict]]:
        """The messages that are over, up to the first that is still in hand; each is told once."""
        while self._begun and self._begun[0][1].done():
            message, verdict = self._begun.popleft()
            yield message, verdict.result()

    def drop(self) -> None:
        """Begin no more."""
        self._waiting.clear()

    def forget(self) -> None:
        """Begin no more, and let those in hand end unheard: they come again."""
        self.drop()
        self._begun.clear()
