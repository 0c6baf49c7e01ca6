"""Feedback from a card to the count of its report, through a kill -9 of recommend."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
from kafka import KafkaConsumer
from selectolax.lexbor import LexborHTMLParser

from tests.e2e.asking import ask, follow
from tests.e2e.processes import Installation, eventually

REPORT = {
    "title": "Byssjan – samåkning i skärgården",
    "language": "sv",
    "text": "Äldre på öarna delar båttaxi till vårdcentralen. En samordnare ringer dagen innan.",
}
NOT_HERE = "Vilket lag vann hockeymatchen i går kväll?"
ASKED = "Hur kommer äldre på öar till läkaren?"


def part(installation: Installation, report_id: str) -> dict[str, Any]:
    """What recommend counts of a report."""
    url = f"http://127.0.0.1:{installation.ports['recommend']}/internal/feedback/{report_id}"
    found: dict[str, Any] = httpx.get(url, trust_env=False).json()
    return found


def told(installation: Installation, count: int) -> list[dict[str, Any]]:
    """The first events on feedback's topic."""
    bootstrap = f"127.0.0.1:{installation.ports['kafka']}"
    with closing(
        KafkaConsumer(
            "feedback.given.v1", bootstrap_servers=bootstrap, auto_offset_reset="earliest"
        )
    ) as client:
        found: list[dict[str, Any]] = []

        def enough() -> bool:
            for records in client.poll(200).values():
                found.extend(json.loads(record.value) for record in records)
            return len(found) >= count

        eventually(enough, within=30, what=f"{count} events of feedback")
    return found


def press(client: httpx.Client, verdict: str) -> httpx.Response:
    """A button of the first card, as a browser presses it."""
    tree = LexborHTMLParser(client.get("/", params={"q": ASKED}).text)
    form = tree.css("form.feedback")[0]
    fields = {
        str(field.attributes["name"]): str(field.attributes["value"]) for field in form.css("input")
    }
    return client.post("/feedback", data=fields | {"verdict": verdict}, follow_redirects=True)


def test_feedback_is_counted_once_and_outlives_a_kill(tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    lasting = [
        installation.start_without_waiting("broker"),
        installation.start_without_waiting("ingest"),
        installation.start_without_waiting("gateway"),
    ]
    answering = installation.start_without_waiting("embed", "recommend")
    try:
        for process in (*lasting, answering):
            process.await_line("ready in", 90)
        with installation.client() as client:
            accepted = client.post("/v1/reports", json=REPORT)
            follow(client, accepted.headers["location"])
            card = ask(client, ASKED)["cards"][0]
            given = {"report_id": card["report_id"], "version": card["version"]}
            first = client.post("/v1/feedback", json=given | {"verdict": "tried", "reason": "Ja"})
            assert first.status_code == 202, first.text
            (event,) = told(installation, 1)
            assert event["data"]["feedback_id"] == first.json()["id"]
            assert "Ja" not in json.dumps(event)
            counted = eventually(
                lambda: (
                    part(installation, card["report_id"])["tried"]
                    and part(installation, card["report_id"])
                ),
                within=60,
                what="the vote counts",
            )
            assert counted == {"value": 7 / 12, "useful": 0, "tried": 1, "not_relevant": 0}
            answers = {
                client.post("/v1/feedback", json=given | {"verdict": "tried"}).status_code
                for _ in range(40)
            }
            assert answers == {200, 429}
            assert part(installation, card["report_id"]) == counted

            answering.kill_everything()
            assert client.post("/v1/feedback", json=given).status_code in {422, 503}
            answering = installation.start("embed", "recommend")
            assert part(installation, card["report_id"]) == counted

            assert "#said" in str(press(client, "useful").history[0].headers["location"])
            eventually(
                lambda: part(installation, card["report_id"])["useful"] == 1,
                within=60,
                what="the button's vote counts",
            )
            assert ask(client, NOT_HERE, language="sv")["nothing_close"]
            # It is kept once the answer is sent.
            needs = eventually(
                lambda: client.get("/v1/unmet-needs", params={"language": "sv"}).json()["items"],
                within=60,
                what="the need is kept",
            )
            assert "text" not in needs[-1]
            listed = json.loads(installation.command("unmet", "--json").stdout)
            assert [need["text"] for need in listed][-1:] == [NOT_HERE]
    finally:
        codes = [process.terminate() for process in (answering, *reversed(lasting))]
    assert codes == [0] * 4
