"""Dead letters are found, read and sent back on a broker, without a mark being left there."""

import dataclasses
from collections.abc import Callable

import pytest

from libs.bus.dead_letters import DeadLetterReader
from libs.bus.letter import Letter
from libs.bus.record import Record
from libs.errors import InvalidInput, NotFound, Unavailable
from libs.events.envelope import EventPayload
from libs.telemetry import names
from tests.contract.bus.stage import Calls, Stage, free_port, settings_for, until, without_broker


def reader(stage: Stage) -> DeadLetterReader:
    return DeadLetterReader(stage.settings, "test")


def of(stage: Stage) -> Callable[[str], bool]:
    return lambda topic: topic == stage.topic.dead_letters


def letters(stage: Stage) -> list[Letter]:
    found: list[Letter] = []
    assert reader(stage).visit(of(stage), found.append, within_s=20)
    return found


def wait_for_letters(stage: Stage, count: int) -> list[Letter]:
    until(lambda: len(letters(stage)) >= count, f"{count} dead letters")
    return letters(stage)


class Choosy:
    """Refuses reports until it is told not to."""

    def __init__(self) -> None:
        self.refusing = True

    def __call__(self, _: EventPayload) -> tuple[EventPayload, ...]:
        if self.refusing:
            raise InvalidInput("no title: add one", code="no-title")
        return ()


def test_a_letter_is_found_with_its_reason_and_comes_back_as_it_was(stage: Stage) -> None:
    choosy = Choosy()
    calls = Calls(choosy)
    stage.consume(calls)
    sent = stage.record("r1", headers=(("mine", b"\xff"), ("mine", b"")))
    stage.producer.send([sent])
    (letter,) = wait_for_letters(stage, 1)
    assert letter.message.topic == stage.topic.dead_letters
    assert (letter.message.key, letter.message.value) == ("r1", sent.value)
    assert letter.text(names.HEADER_DEAD_CODE) == "no-title"
    assert letter.text(names.HEADER_DEAD_GROUP) == stage.group

    # It fails once more: a letter of its own, which says that it was sent back.
    stage.producer.send([letter.revived()])
    again = wait_for_letters(stage, 2)[-1]
    assert (again.retried, again.number(names.HEADER_DEAD_ATTEMPTS)) == (1, 1)
    assert len(again.message.headers) == len(letter.message.headers) + 1

    choosy.refusing = False
    stage.producer.send([again.revived()])
    assert calls.wait_for(3) == ["r1", "r1", "r1"]
    back = stage.read(stage.topic.name, 3)[-1]
    assert (back.key, back.value) == (sent.key, sent.value)
    assert [h for h in back.headers if h[0] == "mine"] == list(sent.headers)
    assert dict(back.headers)[names.HEADER_RETRIED] == b"2"
    assert not any(name.startswith(names.DEAD_LETTER_PREFIX) for name, _ in back.headers)
    assert len(letters(stage)) == 2


def test_any_bytes_come_back_unharmed(stage: Stage) -> None:
    stage.consume(Calls())
    key, value = b"\xff\x00\xfe".decode(errors="surrogateescape"), bytes(range(256))
    stage.producer.send([stage.record(key=key, value=value)])
    (letter,) = wait_for_letters(stage, 1)
    revived = letter.revived()
    assert (revived.key, revived.value) == (key, value)


def test_letters_are_read_in_the_order_of_their_partition_and_one_by_one(stage: Stage) -> None:
    dead = stage.topic.dead_letters
    sent = [Record(dead, f"key-{n % 3}", f"{n}".encode()) for n in range(60)]
    stage.producer.send(sent)
    found = letters(stage)
    assert sorted(int(letter.message.value) for letter in found) == list(range(60))
    for partition in {letter.message.partition for letter in found}:
        offsets = [x.message.offset for x in found if x.message.partition == partition]
        assert offsets == list(range(len(offsets)))
    for letter in found[::13]:
        message = letter.message
        assert reader(stage).letter(dead, message.partition, message.offset) == letter


def test_what_comes_in_while_letters_are_read_waits_for_the_next_time(stage: Stage) -> None:
    dead = stage.topic.dead_letters
    stage.producer.send([Record(dead, "k", b"first")])
    seen: list[Letter] = []

    def visitor(letter: Letter) -> None:
        seen.append(letter)
        stage.producer.send([dataclasses.replace(letter.revived(), topic=dead)])

    assert reader(stage).visit(of(stage), visitor, within_s=20)
    assert [letter.retried for letter in seen] == [0]
    assert [letter.retried for letter in letters(stage)] == [0, 1]


def test_time_that_is_up_is_told(stage: Stage) -> None:
    stage.producer.send([Record(stage.topic.dead_letters, "k", b"v")])
    ticks = iter(range(0, 1_000, 10))
    hasty = DeadLetterReader(stage.settings, "test", monotonic=lambda: next(ticks))
    assert not hasty.visit(of(stage), lambda _: None, within_s=5)


def test_a_letter_that_is_not_there_is_not_found(stage: Stage) -> None:
    dead = stage.topic.dead_letters
    stage.producer.send([Record(dead, "k", b"v")])
    (letter,) = letters(stage)
    partition = letter.message.partition
    for topic, number, offset in [
        (dead, partition, 1),
        (dead, partition, 2**62),
        (dead, 1 - partition, 0),
        (dead, 999, 0),
        ("nowhere.dlq", 0, 0),
        (stage.topic.name, 0, 0),
    ]:
        with pytest.raises(NotFound, match="dlq list"):
            reader(stage).letter(topic, number, offset)


@without_broker
def test_without_a_broker_it_says_so() -> None:
    nowhere = DeadLetterReader(settings_for(f"127.0.0.1:{free_port()}"), "test")
    with pytest.raises(Unavailable, match="NAVIGATOR_KAFKA_BOOTSTRAP"):
        nowhere.visit(lambda _: True, lambda _: None, within_s=5)
