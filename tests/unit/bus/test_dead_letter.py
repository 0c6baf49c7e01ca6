import datetime as dt

from libs.bus.dead_letter import (
    MAX_ORIGINAL_HEADER_BYTES,
    MAX_REASON_BYTES,
    Burial,
    dead_letter,
    reason_of,
    without_value,
)
from libs.bus.record import Received
from libs.bus.retry import Trouble
from libs.errors import FieldError, InvalidInput
from libs.telemetry import names

NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
LATER = NOON + dt.timedelta(minutes=1)


def received(**changes: object) -> Received:
    plain = {
        "topic": "t.v1",
        "partition": 3,
        "offset": 17,
        "key": "r1",
        "value": b"bytes",
        "headers": (("mine", b"1"),),
    }
    return Received(**plain | changes)


def burial(error: Exception) -> Burial:
    trouble = Trouble(first_failure=NOON, attempts=3, bugs=3)
    return Burial("group", error, trouble, LATER)


def test_it_says_where_from_why_and_when() -> None:
    letter = dead_letter(received(), burial(InvalidInput("no", code="bad")))
    assert (letter.topic, letter.key, letter.value) == ("t.v1.dlq", "r1", b"bytes")
    assert letter.headers == (
        ("mine", b"1"),
        (names.HEADER_DEAD_TOPIC, b"t.v1"),
        (names.HEADER_DEAD_PARTITION, b"3"),
        (names.HEADER_DEAD_OFFSET, b"17"),
        (names.HEADER_DEAD_GROUP, b"group"),
        (names.HEADER_DEAD_ERROR, b"InvalidInput"),
        (names.HEADER_DEAD_CODE, b"bad"),
        (names.HEADER_DEAD_REASON, b"no"),
        (names.HEADER_DEAD_ATTEMPTS, b"3"),
        (names.HEADER_DEAD_FIRST_FAILURE, b"2026-01-01T12:00:00+00:00"),
        (names.HEADER_DEAD_LAST_FAILURE, b"2026-01-01T12:01:00+00:00"),
        (names.HEADER_DEAD_TRACE_ID, b""),
    )


def test_a_second_failure_replaces_the_first() -> None:
    first = dead_letter(received(), burial(InvalidInput("no")))
    second = dead_letter(
        received(topic=first.topic, headers=without_value(first).headers),
        burial(InvalidInput("no")),
    )
    assert second.topic == "t.v1.dlq"
    assert [name for name, _ in second.headers] == [name for name, _ in first.headers]


def test_the_reason_names_the_fields_and_is_cut() -> None:
    error = InvalidInput("bad", errors=(FieldError("/title", "missing"),))
    assert reason_of(error) == "bad; /title: missing"
    assert len(reason_of(RuntimeError("å" * 5_000)).encode()) <= MAX_REASON_BYTES


def test_headers_without_end_are_left_behind() -> None:
    many = (("a", b"1"), ("b", b"x" * MAX_ORIGINAL_HEADER_BYTES), ("c", b"2"))
    letter = dead_letter(received(headers=many), burial(ValueError()))
    assert [name for name, _ in letter.headers][:2] == ["a", names.HEADER_DEAD_TOPIC]


def test_a_letter_without_its_value_tells_the_size() -> None:
    letter = without_value(dead_letter(received(), burial(ValueError())))
    assert letter.value == b""
    assert letter.headers[-1] == (names.HEADER_DEAD_LEFT_OUT, b"5")
