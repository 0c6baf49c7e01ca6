"""A partner's own topic, from its event to the answer of a question."""

import base64
from typing import Any

import httpx
import pytest

from tests.e2e.asking import ask, assert_verbatim, follow
from tests.e2e.partner import Partner
from tests.e2e.processes import REPOSITORY, Installation, eventually

DEMO = REPOSITORY / "data" / "demo" / "documents"
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = ("traceparent", f"00-{TRACE_ID}-00f067aa0ba902b7-01".encode())
SEAWEED = {
    "external_id": "tång-1",
    "title": "Tången blev jord",
    "language": "sv",
    "text": "Stranden i Mörbylånga var full av ruttnande tång. Föreningen samlade den, lät den "
    "ligga en vinter och gav jorden till skolans odling. Badgästerna kom tillbaka.",
}


@pytest.fixture(scope="module")
def partner(platform: Installation) -> Partner:
    return Partner(platform, "kalmar")


def receipt(client: httpx.Client, partner: Partner, external_id: str) -> dict[str, Any] | None:
    items = client.get("/v1/reports", params={"external_id": external_id}).json()["items"]
    own = [item["links"]["self"] for item in items if item["partner"] == partner.region]
    return client.get(own[0]).json() if own else None


def await_receipt(client: httpx.Client, partner: Partner, external_id: str) -> dict[str, Any]:
    found = eventually(
        lambda: receipt(client, partner, external_id), within=60, what="the report is recorded"
    )
    follow(client, found["links"]["self"])
    ended = receipt(client, partner, external_id)
    assert ended
    return ended


def test_an_event_is_found_by_a_question(client: httpx.Client, partner: Partner) -> None:
    partner.send(partner.event(1, SEAWEED), headers=[TRACEPARENT])
    found = await_receipt(client, partner, "tång-1")
    assert (found["status"], found["version"]) == ("indexed", 1)
    assert {entry["trace_id"] for entry in found["history"]} == {TRACE_ID}
    assert found["history"][0]["detail"]["event_id"] == "kalmar-1"
    cards = ask(client, "Vad gör vi med tången på badstranden?")["cards"]
    assert cards[0]["report_id"] == found["report_id"]
    assert_verbatim(client, cards[0])


def test_a_document_within_an_event_is_read(client: httpx.Client, partner: Partner) -> None:
    content = (DEMO / "de-vorpommern-leerstand-leben.pdf").read_bytes()
    document = {
        "filename": "abschluss.pdf",
        "media_type": "application/pdf",
        "content": base64.b64encode(content).decode(),
    }
    data = {"external_id": "pdf-1", "title": "Leerstand leben", "documents": [document]}
    partner.send(partner.event(1, data))
    found = await_receipt(client, partner, "pdf-1")
    assert found["status"] == "indexed"
    assert client.get(found["links"]["document"]).content == content


def test_wrong_events_are_dead_letters_and_the_right_one_behind_them_is_taken(
    client: httpx.Client, platform: Installation
) -> None:
    other = Partner(platform, "gotland")
    image = {"filename": "a.png", "content": base64.b64encode(b"\x89PNG\r\n").decode()}
    wrong: dict[str, dict[str, Any] | bytes] = {
        "invalid-envelope": b"\xff not an event",
        "unexpected-event-type": other.event(1, SEAWEED, type="report.sent"),
        "wrong-source": other.event(1, SEAWEED, source="/partners/kalmar"),
        "invalid-event-data": other.event(1, SEAWEED | {"titel": "x"}),
        "invalid-input": other.event(1, SEAWEED | {"themes": ["unheard-of"]}),
        "unsupported-format": other.event(1, {"title": "x", "documents": [image]}),
        "unknown-report": other.event(1, {"external_id": "no"}, type="report.withdrawn"),
    }
    other.send(*wrong.values(), other.event(2, SEAWEED))
    assert await_receipt(client, other, "tång-1")["status"] == "indexed"
    letters = other.dead_letters(len(wrong))
    found = {
        dict(letter.headers)["navigator-dead-letter-code"].decode(): letter.value
        for letter in letters
    }
    assert found.keys() == wrong.keys()
    assert found["invalid-envelope"] == b"\xff not an event"


def test_a_report_is_taken_back(client: httpx.Client, partner: Partner) -> None:
    report = SEAWEED | {"external_id": "tång-2", "title": "Tången på taket"}
    partner.send(
        partner.event(1, report),
        partner.event(2, {"external_id": "tång-2"}, type="report.withdrawn"),
    )
    found = await_receipt(client, partner, "tång-2")
    assert found["status"] == "withdrawn"
    assert client.get(found["links"]["content"]).status_code == 410


def test_how_much_waits_in_a_partners_topic_is_measured(
    platform: Installation, partner: Partner
) -> None:
    metrics = httpx.get(f"http://127.0.0.1:{platform.ports['ingest']}/metrics").text
    lag = [line for line in metrics.splitlines() if line.startswith("navigator_bus_lag{")]
    assert any(f'"{partner.topic}"' in line for line in lag)
    assert any('"reports.indexed.v1"' in line for line in lag)
