"""The purpose of it all: one report in, one recommendation out, through four services."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.asking import ask, assert_verbatim, follow, push_document
from tests.e2e.processes import REPOSITORY, Installation, eventually

DEMO = REPOSITORY / "data" / "demo" / "documents"
REAL = Path("documents/real_reports/region-vasterbotten-innovate-together.txt")
REAL_QUESTIONS = [
    ("sv", "Hur tar vi till vara kunskap från avslutade sociala innovationsprojekt?"),
    ("fi", "Miten hyödynnämme päättyneiden sosiaalisten innovaatiohankkeiden tietoa?"),
    ("en", "How do we carry on what finished social innovation projects have learned?"),
]
DEMO_QUESTIONS = [
    ("sv", "Unga som varken arbetar eller studerar och som vi inte når"),
    ("fi", "Nuoret, jotka eivät ole töissä eivätkä koulussa ja joita emme tavoita"),
    ("en", "Young people outside work and school whom we do not reach"),
]


@pytest.fixture(scope="module")
def pushed(platform: Installation, data: Path) -> dict[str, Any]:
    """A report in Swedish, indexed, among others; with questions it answers."""
    path, metadata, questions = data / REAL, None, REAL_QUESTIONS
    if not path.is_file():
        path, questions = DEMO / "se-inlandet-nasta-steg.pdf", DEMO_QUESTIONS
        metadata = json.loads(path.with_suffix(".meta.json").read_bytes())
    others = ["fi-kainuu-kylatupa.docx", "ee-vorumaa-kulakutse.html", "bsr-small-town-budget.md"]
    with platform.client() as client:
        for name in others:
            other = DEMO / name
            accepted = push_document(
                client, other, json.loads(other.with_suffix(".meta.json").read_bytes())
            )
            follow(client, accepted.headers["location"])
        accepted = push_document(client, path, metadata)
        assert accepted.status_code == 202, accepted.text
        location = accepted.headers["location"]
        return {
            "location": location,
            "id": accepted.json()["report_id"],
            "trace_id": accepted.headers["traceresponse"].split("-")[1],
            "history": follow(client, location),
            "questions": dict(questions),
        }


def test_its_status_is_followed_to_the_end(pushed: dict[str, Any], client: httpx.Client) -> None:
    assert [entry["status"] for entry in pushed["history"]] == ["accepted", "normalised", "indexed"]
    receipt = client.get(pushed["location"]).json()
    assert receipt["status"] == "indexed"
    assert receipt["passages"] == pushed["history"][-1]["detail"]["passages"] > 0


def test_the_stream_goes_on_where_it_was_left(pushed: dict[str, Any], client: httpx.Client) -> None:
    rest = follow(client, pushed["location"], after=2)
    assert [entry["seq"] for entry in rest] == [3]


@pytest.mark.parametrize("language", ["sv", "fi", "en"])
def test_a_question_finds_its_passage(
    pushed: dict[str, Any], client: httpx.Client, language: str
) -> None:
    cards = ask(client, pushed["questions"][language])["cards"]
    assert cards[0]["report_id"] == pushed["id"]
    assert_verbatim(client, cards[0])
    evidence = cards[0]["evidence"][0]
    page = client.get(evidence["link"])
    assert page.status_code == 200
    assert "<mark" in page.text


def test_one_trace_shows_the_whole_way(
    pushed: dict[str, Any], platform: Installation, client: httpx.Client
) -> None:
    ring = f"http://127.0.0.1:{platform.ports['ingest']}/internal/traces/{pushed['trace_id']}"
    spans = httpx.get(ring, trust_env=False).json()
    by_id = {span["span_id"]: span for span in spans}
    edges = {
        (by_id[span["parent_id"]]["service"], span["service"])
        for span in spans
        if span["parent_id"] in by_id
    }
    assert {
        ("gateway", "ingest"),
        ("ingest", "embed"),
        ("embed", "ingest"),
        ("embed", "recommend"),
    } <= edges
    names = {span["name"] for span in spans}
    assert {
        "POST /v1/reports",
        "send reports.submitted.v1",
        "process reports.accepted.v1",
        "embed passages",
        "upsert passages",
        "process reports.indexed.v1",
    } <= names
    assert not any(span["failed"] for span in spans)
    page = client.get(f"/ops/traces/{pushed['trace_id']}")
    assert page.status_code == 200
    assert "upsert passages" in page.text


def test_the_same_report_again_is_the_same_version(client: httpx.Client) -> None:
    report = {"external_id": "twice", "title": "Två gånger", "text": "Samma text två gånger."}
    first = client.post("/v1/reports", json=report)
    again = client.post("/v1/reports", json=report)
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.headers["location"] == again.headers["location"]
    changed = client.post("/v1/reports", json=report | {"text": "En annan text."})
    assert changed.status_code == 202
    assert changed.json()["version"] == 2
    follow(client, changed.headers["location"])


def test_a_withdrawn_report_is_found_no_more(client: httpx.Client) -> None:
    text = "Kanotpoolen i Jokkmokk lånar ut kanoter till nyinflyttade familjer."
    accepted = client.post("/v1/reports", json={"title": "Kanotpoolen", "text": text})
    location = accepted.headers["location"]
    follow(client, location)
    assert ask(client, text)["cards"][0]["title"] == "Kanotpoolen"
    withdrawn = client.delete(location)
    assert withdrawn.json()["status"] == "withdrawn"
    eventually(
        lambda: "Kanotpoolen" not in {card["title"] for card in ask(client, text)["cards"]},
        within=10,
        what="its passages are gone",
    )
    assert client.get(f"{location}/content").status_code == 410


def test_the_list_goes_on_page_by_page(pushed: dict[str, Any], client: httpx.Client) -> None:
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = client.get(
            "/v1/reports", params={"limit": 2} | ({"cursor": cursor} if cursor else {})
        ).json()
        seen += [item["report_id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) >= 4
    assert pushed["id"] in seen
