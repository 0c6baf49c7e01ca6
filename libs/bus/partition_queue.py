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

    def __init__(
        self,
        partition: TopicPartition,
        messages: Sequence[ConsumerRecord],
        alone: int | None = None,
    ) -> None:
        """`alone` is the offset of a message behind which nothing begins before it is settled."""
        self.partition = partition
        self._alone = alone
        self._waiting = deque(messages)
        self._begun: deque[tuple[ConsumerRecord, Future[Verdict]]] = deque()

    @property
    def first(self) -> ConsumerRecord | None:
        """The message that may begin now; None while there is none or it has to wait."""
        in_hand = [message for message, _ in self._begun]
        if not self._waiting or self._waiting[0].key in {each.key for each in in_hand}:
            return None
        if any(each.offset == self._alone for each in in_hand):
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
