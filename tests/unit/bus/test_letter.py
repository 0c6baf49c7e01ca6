"""A dead letter as it is found again, with headers that anybody may have written."""

import datetime as dt
from dataclasses import replace

import pytest

from libs.bus.dead_letter import Burial, dead_letter
from libs.bus.letter import Letter
from libs.bus.record import Headers, Received
from libs.bus.retry import Trouble
from libs.errors import InvalidInput
from libs.telemetry import names

AT = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)
ORIGINAL = Received(
    topic="partner.norr.reports.v1",
    partition=3,
    offset=41,
    key="\udcff\udc80",
    value=b"\x00\xff not an event",
    headers=(("mine", b"\xfe"), ("mine", b"twice")),
)


def found(letter_headers: Headers = (), **changes: object) -> Letter:
    message = replace(ORIGINAL, topic=ORIGINAL.topic + ".dlq", offset=0, headers=letter_headers)
    return Letter(message=replace(message, **changes), written_at=AT)


def buried(message: Received) -> Letter:
    """What the consumer would have written of it, read back."""
    error = InvalidInput("no title: add one", code="no-title")
    trouble = Trouble(first_failure=AT).again(bug=False)
    record = dead_letter(message, Burial("ingest", error, trouble, AT))
    place = replace(message, topic=record.topic, offset=0, headers=record.headers)
    return Letter(message=place, written_at=AT)


def test_it_says_what_its_headers_say() -> None:
    letter = buried(ORIGINAL)
    assert letter.original_topic == ORIGINAL.topic
    assert letter.text(names.HEADER_DEAD_CODE) == "no-title"
    assert letter.number(names.HEADER_DEAD_ATTEMPTS) == 1
    assert (letter.retried, letter.left_out) == (0, None)


def test_it_is_sent_back_as_it_was() -> None:
    revived = buried(ORIGINAL).revived()
    assert (revived.topic, revived.key, revived.value) == (
        ORIGINAL.topic,
        ORIGINAL.key,
        ORIGINAL.value,
    )
    assert revived.headers == (*ORIGINAL.headers, (names.HEADER_RETRIED, b"1"))


def test_retries_are_counted_and_headers_do_not_grow() -> None:
    message, sizes = ORIGINAL, []
    for count in range(1, 4):
        letter = buried(message)
        assert letter.retried == count - 1
        message = replace(message, headers=letter.revived().headers)
        sizes.append(len(message.headers))
    assert sizes == [3, 3, 3]


@pytest.mark.parametrize(
    "value", [b"", b"-1", b"1.5", b"many", b"9" * 5_000, "٣".encode(), b"\xff", b" 1"]
)
def test_a_number_that_is_none_is_not_read(value: bytes) -> None:
    letter = found(((names.HEADER_RETRIED, value), (names.HEADER_DEAD_LEFT_OUT, value)))
    assert (letter.retried, letter.left_out) == (0, None)
    assert dict(letter.revived().headers)[names.HEADER_RETRIED] == b"1"


def test_a_header_cannot_send_it_elsewhere() -> None:
    letter = found(((names.HEADER_DEAD_TOPIC, b"reports.withdrawn.v1"),))
    assert letter.revived().topic == ORIGINAL.topic


def test_headers_that_are_no_text_are_told_as_far_as_they_can_be() -> None:
    letter = found(((names.HEADER_DEAD_REASON, b"\xffbad"),))
    assert letter.text(names.HEADER_DEAD_REASON) == "\N{REPLACEMENT CHARACTER}bad"
    assert letter.text(names.HEADER_DEAD_CODE) == ""


def test_letters_at_one_place_are_told_apart() -> None:
    letters = [
        found(),
        found(value=b"other"),
        found(key=""),
        found((("a", b"b"),)),
        found((("ab", b""),)),
        Letter(message=found().message, written_at=AT + dt.timedelta(milliseconds=1)),
    ]
    assert len({letter.fingerprint for letter in letters}) == len(letters)
    assert found().fingerprint == found().fingerprint
