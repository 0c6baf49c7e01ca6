import json

import pytest

from libs.bus.binary_mode import structured
from libs.bus.record import Received
from libs.errors import InvalidInput
from libs.events.envelope import decode

ATTRIBUTES = {
    "ce_specversion": b"1.0",
    "ce_id": b"1",
    "ce_source": b"/partners/norr",
    "ce_type": b"report.submitted",
    "ce_time": b"2026-05-04T12:00:00Z",
}


def message(value: bytes, headers: dict[str, bytes]) -> Received:
    return Received("partner.norr.reports.v1", 0, 0, "", value, tuple(headers.items()))


def test_attributes_come_from_headers_and_the_value_is_the_data() -> None:
    headers = ATTRIBUTES | {"content-type": b"application/json; charset=utf-8", "mine": b"x"}
    event = decode(structured(message(b'{"title": "x"}', headers)))
    assert (event.source, event.type, event.data) == (
        "/partners/norr",
        "report.submitted",
        {"title": "x"},
    )
    assert event.model_extra == {}


def test_a_structured_event_stays_as_it_is() -> None:
    value = b'{"specversion": "1.0"}'
    assert structured(message(value, {"content-type": b"application/cloudevents+json"})) is value


def test_the_data_is_the_value_whatever_a_header_says() -> None:
    headers = ATTRIBUTES | {"ce_data": b"other"}
    assert json.loads(structured(message(b"{}", headers)))["data"] == {}


@pytest.mark.parametrize(
    "value", [b"", b"\xff", b"{", b"[" * 100_000, b"9" * 5_000], ids=lambda value: repr(value[:5])
)
def test_data_that_is_no_json_is_refused(value: bytes) -> None:
    with pytest.raises(InvalidInput) as raised:
        structured(message(value, ATTRIBUTES))
    assert raised.value.code == "invalid-envelope"


@pytest.mark.parametrize(
    "headers",
    [ATTRIBUTES | {"content-type": b"text/xml"}, ATTRIBUTES | {"ce_time": b"\xff"}],
    ids=["another media type", "not UTF-8"],
)
def test_what_is_no_event_of_ours_is_refused(headers: dict[str, bytes]) -> None:
    with pytest.raises(InvalidInput):
        decode(structured(message(b"{}", headers)))
