"""What kafka-python cannot read, or may not: it must stop nobody else.

kafka-python 3.0.12 raises out of `poll` for it, whichever partition it is in, and would do so at
the same offset for ever.
"""

from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import TopicAuthorizationFailedError
from kafka.record import memory_records
from kafka.record.default_records import DefaultRecordBatch


class _Name(bytearray):
    def decode(self, encoding: str = "utf-8", errors: str = "backslashreplace") -> str:
        return super().decode(encoding, errors)


class _Buffer(bytearray):
    """Whose slices are decoded whatever they hold. Only headers' names are decoded there."""

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return _Name(found) if isinstance(index, slice) else found


class AnyNameBatch(DefaultRecordBatch):  # type: ignore[misc]  # kafka-python is not typed
    r"""A batch whose headers may have names of any bytes, as librdkafka sends them.

    kafka-python takes one that is not UTF-8 for a corrupt record. Here b"x\xff" is read as
    `x\xff`, with a backslash: its encoders refuse surrogates.
    """

    _buffer: Any

    def _read_msg(self) -> Any:
        try:
            return super()._read_msg()
        except UnicodeDecodeError:
            # Nothing of the record counts as read yet. The slow buffer serves the batch's rest.
            self._buffer = _Buffer(self._buffer)
            return super()._read_msg()


def read_any_header_name() -> None:
    """Have all consumers of this process read batches so. Safe to call again."""
    memory_records.DefaultRecordBatch = AnyNameBatch  # there is no option for it


def set_unreadable_aside(consumer: KafkaConsumer) -> dict[TopicPartition, Exception]:
    """To be called once for each consumer: where polls come to what cannot be read, and why.

    A poll then returns what else there is and adds to the dictionary; whoever called takes it out
    again. The partition's position stays at the unreadable record. Left alone, kafka-python raises
    once and never comes back from the next poll.
    """
    found: dict[TopicPartition, Exception] = {}
    fetcher = consumer._fetcher  # noqa: SLF001 - there is no other way to it
    parse, append = fetcher._parse_fetched_data, fetcher._append  # noqa: SLF001

    def parse_allowed(answer: Any) -> Any:
        try:
            return parse(answer)
        except TopicAuthorizationFailedError as error:
            found[answer.topic_partition] = error
            return None

    def append_readable(drained: Any, part: Any, *limits: Any) -> int:
        try:
            return int(append(drained, part, *limits))
        except Exception as error:  # noqa: BLE001 - decompressors have errors of their own
            part.drain()
            found[part.topic_partition] = error
            return 0

    fetcher._parse_fetched_data, fetcher._append = parse_allowed, append_readable  # noqa: SLF001
    return found
