"""The list's filters, and the feed of changes: nothing is missed, nothing comes for ever."""

import dataclasses
import datetime as dt
import json
from typing import Any

import pytest

from libs.database.engine import Database
from libs.events.payloads import ReportRejected, ReportSubmitted
from libs.events.report import NormalisedReport, ReportMetadata, ReportSubmission, Section
from services.ingest.intake import Document
from services.ingest.listing import SETTLED_AFTER
from services.ingest.rejections import internal_rejection
from tests.integration.ingest.asking import ask
from tests.integration.ingest.stage import Stage

SINCE = "2026-01-01T00:00:00Z"


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database)


def submitted(stage: Stage, external_id: str, **fields: Any) -> ReportSubmitted:
    given = {"title": "Titel", "text": "Text", "external_id": external_id} | fields
    return stage.submit(ReportSubmission.model_validate_json(json.dumps(given)))


def found(stage: Stage, **wanted: Any) -> set[str]:
    answer = ask(stage, "GET", "/v1/reports", params=wanted)
    assert answer.status_code == 200, answer.text
    return {item["external_id"] for item in answer.json()["items"]}


@pytest.fixture
def filled(stage: Stage) -> Stage:
    """Four reports that differ in everything that can be asked for."""
    se = {"places": [{"country": "SE"}, {"country": "FI"}], "themes": ["mental-health"]}
    submitted(stage, "a", language="sv-FI", source="diva", title="Ängarnas ÅR 100%", **se)
    b = submitted(stage, "b", language="sv", places=[{"country": "NO"}])
    stage.handlers.on_report_rejected(
        ReportRejected(
            report_id=b.report_id, version=1, stage="index", rejection=internal_rejection(None)
        )
    )
    stage.now += dt.timedelta(days=1)
    c = submitted(stage, "c", language="fi", source="arkiv", title="Straße_2")
    stage.handlers.on_report_submitted(c)
    stage.handlers.on_report_indexed(stage.indexed(c))
    stage.intake.withdraw("norr", submitted(stage, "d").report_id)
    return stage


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, "abcd"),
        ({"status": "accepted"}, "a"),
        ({"status": "indexed"}, "c"),
        ({"status": "withdrawn"}, "d"),
        ({"status": "rejected", "rejection_code": "internal"}, "b"),
        ({"rejection_code": "no-text"}, ""),
        ({"source": "diva"}, "a"),
        ({"external_id": "c"}, "c"),
        ({"external_id": "c", "source": "diva"}, ""),
        ({"language": "sv"}, "ab"),
        ({"language": "sv-FI"}, "a"),
        ({"language": "SV-fi"}, "a"),
        ({"country": "FI"}, "a"),
        ({"country": "NO"}, "b"),
        ({"theme": "mental-health"}, "a"),
        ({"title": "ängarnas år"}, "a"),
        ({"title": "100%"}, "a"),
        ({"title": "0_"}, ""),
        ({"title": "STRASSE_"}, "c"),
        ({"submitted_before": "2026-05-05T00:00:00Z"}, "ab"),
        ({"submitted_after": "2026-05-05T02:00:00+02:00"}, "cd"),
        ({"updated_since": SINCE}, "abcd"),
        ({"updated_since": SINCE, "country": "SE"}, "a"),
        ({"updated_since": "2026-05-05T00:00:00Z"}, "cd"),
    ],
    ids=str,
)
def test_the_list_is_filtered(filled: Stage, wanted: dict[str, str], expected: str) -> None:
    filled.now += SETTLED_AFTER
    assert found(filled, **wanted) == set(expected)


@pytest.mark.parametrize(
    ("wanted", "pointer"),
    [
        ({"colour": "red"}, "/query/colour"),
        ({"status": "lost"}, "/query/status"),
        ({"country": "Sweden"}, "/query/country"),
        ({"language": "swedish!"}, "/query/language"),
        ({"theme": "Mental Health"}, "/query/theme"),
        ({"title": " "}, "/query/title"),
        ({"title": "\x00"}, "/query/title"),
        ({"external_id": ""}, "/query/external_id"),
        ({"source": "a/b"}, "/query/source"),
        ({"updated_since": "yesterday"}, "/query/updated_since"),
        ({"updated_since": "1700000000"}, "/query/updated_since"),
        ({"updated_since": "2026-05-05T00:00:00"}, "/query/updated_since"),
        ({"submitted_after": "0001-01-01T00:00:00+14:00"}, "/query/submitted_after"),
        ({"submitted_before": "9999-12-31T23:59:59-14:00"}, "/query/submitted_before"),
        ({"limit": "0"}, "/query/limit"),
    ],
    ids=str,
)
def test_a_wrong_filter_is_named(stage: Stage, wanted: dict[str, str], pointer: str) -> None:
    answer = ask(stage, "GET", "/v1/reports", params=wanted)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_a_newer_version_is_found_by_what_it_says(stage: Stage) -> None:
    first = submitted(stage, "a", language="sv", title="Gammal")
    submitted(stage, "a", language="fi", title="Ny")
    # The older one is read after all; it is the past already.
    late = NormalisedReport(title="Sen", language="de", sections=(Section(text="x"),))
    stage.handlers._keep_content(first, late, {})
    assert found(stage, language="sv") == found(stage, language="de") == set()
    assert found(stage, language="fi") == found(stage, title="ny") == {"a"}


def test_a_document_is_found_by_the_title_that_was_found_in_it(stage: Stage) -> None:
    html = b"<html><title>En annan titel</title><p>Text.</p></html>"
    event = stage.submit(
        ReportMetadata(title="rapport"), Document("rapport.html", "text/html", html)
    )
    stage.handlers.on_report_submitted(event)
    answer = ask(stage, "GET", "/v1/reports", params={"title": "annan"})
    assert [item["title"] for item in answer.json()["items"]] == ["En annan titel"]


def walk(stage: Stage, limit: int, **wanted: Any) -> Any:
    """The pages as a client follows them, by their links."""
    following: str | None = "/v1/reports"
    params: Any = {"limit": limit, **wanted}
    while following is not None:
        answer = ask(stage, "GET", following, params=params)
        assert answer.status_code == 200, answer.text
        link = answer.headers.get("link")
        assert (link is None) == (answer.json()["next"] is None)
        following = link.removeprefix("<").removesuffix('>; rel="next"') if link else None
        params = None
        yield answer.json()["items"]


def test_pages_keep_their_filters(stage: Stage) -> None:
    for number in range(9):
        submitted(stage, str(number), language="sv" if number % 2 else "fi")
    pages = [[item["external_id"] for item in page] for page in walk(stage, 2, language="fi")]
    assert pages == [["0", "2"], ["4", "6"], ["8"]]


def test_the_feed_is_in_order_of_change_and_tells_of_withdrawals(stage: Stage) -> None:
    events = [submitted(stage, str(number)) for number in range(5)]
    stage.intake.withdraw("norr", events[1].report_id)
    submitted(stage, "3", title="Ny")
    stage.now += SETTLED_AFTER
    pages = list(walk(stage, 2, updated_since=SINCE))
    items = [item for page in pages for item in page]
    assert [item["external_id"] for item in items] == ["0", "2", "4", "1", "3"]
    assert {i["external_id"]: i["status"] for i in items}["1"] == "withdrawn"
    again = ask(stage, "GET", "/v1/reports", params={"updated_since": items[-1]["updated_at"]})
    assert [item["external_id"] for item in again.json()["items"]] == ["3"]


def test_what_changes_while_somebody_pages_is_seen_in_its_last_state(stage: Stage) -> None:
    events = {str(number): submitted(stage, str(number)) for number in range(6)}
    stage.now += SETTLED_AFTER
    state: dict[str, str] = {}
    pages = walk(stage, 2, updated_since=SINCE)
    for page, changed in zip(pages, ("0", "5", "3", None, None), strict=False):
        state |= {item["external_id"]: item["status"] for item in page}
        if changed:
            stage.intake.withdraw("norr", events[changed].report_id)
            stage.now += SETTLED_AFTER
    withdrawn = {"0", "5", "3"}
    assert state == {n: "withdrawn" if n in withdrawn else "accepted" for n in events}


def test_many_changes_at_one_moment_are_paged_by_id(stage: Stage) -> None:
    moment = stage.now
    still = dataclasses.replace(stage.intake, clock=lambda: moment)
    for number in range(7):
        report = ReportSubmission(external_id=str(number), title="T", text="x")
        still.submit("norr", report)
    stage.now += SETTLED_AFTER
    for order in ({"updated_since": SINCE}, {}):
        seen = [item["external_id"] for page in walk(stage, 2, **order) for item in page]
        assert sorted(seen) == [str(number) for number in range(7)]


def test_a_cursor_belongs_to_its_list(stage: Stage) -> None:
    for number in range(3):
        submitted(stage, str(number))
    stage.now += SETTLED_AFTER
    feed = {"updated_since": SINCE, "limit": "1"}
    of_feed = ask(stage, "GET", "/v1/reports", params=feed).json()["next"]
    of_list = ask(stage, "GET", "/v1/reports", params={"limit": "1"}).json()["next"]
    for params in ({"cursor": of_feed}, feed | {"cursor": of_list}):
        answer = ask(stage, "GET", "/v1/reports", params=params)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/query/cursor"


def test_the_feed_of_a_server_ends_a_little_before_now(stage: Stage) -> None:
    submitted(stage, "0")
    at_once = found(stage, updated_since=SINCE)
    server = stage.database.engine.dialect.name == "postgresql"
    assert at_once == (set() if server else {"0"})
    stage.now += SETTLED_AFTER
    assert found(stage, updated_since=SINCE) == {"0"}


def test_a_partner_s_own_reports(stage: Stage) -> None:
    for partner in ("norr", "syd"):
        report = ReportSubmission(title="T", text=partner, external_id="1")
        stage.intake.submit(partner, report)
    stage.now += SETTLED_AFTER
    for more in ({}, {"external_id": "1"}, {"updated_since": SINCE}):
        answer = ask(stage, "GET", "/v1/reports", params={"partner": "syd"} | more)
        assert [item["partner"] for item in answer.json()["items"]] == ["syd"]
    assert ask(stage, "GET", "/v1/reports", params={"partner": "Syd"}).status_code == 422


def test_versions_are_listed_newest_first(stage: Stage) -> None:
    for number in range(5):
        event = submitted(stage, "a", title=f"Titel {number}")
    stage.intake.withdraw("norr", event.report_id)
    path = f"/v1/reports/{event.report_id}/versions"
    first = ask(stage, "GET", path, params={"limit": "3"})
    assert [each["version"] for each in first.json()["items"]] == [5, 4, 3]
    assert first.json()["items"][0]["status"] == "withdrawn"
    assert first.json()["items"][1]["title"] == "Titel 3"
    rest = ask(stage, "GET", path, params={"limit": "3", "cursor": first.json()["next"]})
    assert [each["version"] for each in rest.json()["items"]] == [2, 1]
    assert rest.json()["next"] is None
    assert ask(stage, "GET", path, params={"cursor": "x"}).status_code == 422
    assert ask(stage, "GET", f"{path}x").status_code == 404
    nothing = "00000000-0000-0000-0000-000000000000"
    assert ask(stage, "GET", f"/v1/reports/{nothing}/versions").status_code == 404
