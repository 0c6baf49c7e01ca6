"""What other clients write and kafka-python's own reader stumbles over."""

from collections.abc import Iterator
from contextlib import closing
from typing import Self

import pytest
from kafka import KafkaProducer

from libs.bus.topics import ensure_topic_names
from tests.contract.bus.stage import Calls, Stage, until


class RawName(str):
    """A header's name that goes out as these bytes, as librdkafka lets one send it."""

    __slots__ = ("raw",)
    raw: bytes

    def __new__(cls, raw: bytes) -> Self:
        name = super().__new__(cls, raw.hex())
        name.raw = raw
        return name

    def encode(self, *_: object) -> bytes:
        return self.raw


class Lying(bytes):
    """Bytes that say they are more: the record's structure is broken, its checksum is right."""

    def __len__(self) -> int:
        return super().__len__() + 100


@pytest.fixture
def raw(stage: Stage) -> Iterator[KafkaProducer]:
    ensure_topic_names(stage.settings, [stage.topic.name])
    with closing(KafkaProducer(bootstrap_servers=stage.settings.bootstrap)) as producer:
        yield producer


def write(stage: Stage, producer: KafkaProducer, report_id: str, name: str, partition: int) -> None:
    value = stage.record(report_id).value
    headers = [(name, b"v")]
    producer.send(stage.topic.name, value, b"k", headers, partition=partition).get(10)


def test_a_header_name_of_any_bytes_is_read(stage: Stage, raw: KafkaProducer) -> None:
    write(stage, raw, "before", "plain", 0)
    write(stage, raw, "r1", RawName(b"x\xff\xfe"), 0)
    write(stage, raw, "after", "plain", 0)
    calls = Calls()
    stage.consume(calls)
    assert calls.wait_for(3) == ["before", "r1", "after"]
    stage.wait_until_committed(3)


def test_a_broken_record_stops_its_partition_and_no_other(stage: Stage, raw: KafkaProducer) -> None:
    write(stage, raw, "before", "plain", 0)
    write(stage, raw, "broken", RawName(Lying(b"xx")), 0)
    calls = Calls()
    consumer = stage.consume(calls)
    calls.wait_for(1)
    for number in range(3):
        write(stage, raw, f"other{number}", "plain", 1)
    calls.wait_for(4)
    stage.wait_until_committed(4)
    assert consumer.health() is None
    until(lambda: consumer.lag() == {stage.topic.name: 1}, "what is broken to be counted")


@pytest.mark.parametrize("codec", ["gzip", "lz4", "snappy", "zstd"])
def test_partners_compress_as_they_like(stage: Stage, codec: str) -> None:
    ensure_topic_names(stage.settings, [stage.topic.name])
    with closing(
        KafkaProducer(bootstrap_servers=stage.settings.bootstrap, compression_type=codec)
    ) as producer:
        write(stage, producer, "r1", "filler" * 1_000, 0)
    calls = Calls()
    stage.consume(calls)
    assert calls.wait_for(1) == ["r1"]
