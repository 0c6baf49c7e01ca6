"""Ingest's own HTTP side on a real database, where the platform's tests do not look."""

import base64
from typing import Any

import pytest

from libs.database.engine import Database
from libs.events.listing import Cursor, read_cursor
from libs.events.report import ReportSubmission
from services.ingest.rejections import internal_rejection
from services.ingest.submissions import plain_filename
from tests.integration.ingest.asking import ask
from tests.integration.ingest.stage import Stage

REPORT = ReportSubmission(external_id="1", title="Titel", text="Text")


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database)


def content_version(stage: Stage, report_id: str) -> int:
    answer = ask(stage, "GET", f"/v1/reports/{report_id}/content")
    return int(answer.json()["version"]) if answer.status_code == 200 else answer.status_code


def test_the_content_is_the_newest_that_there_is(stage: Stage) -> None:
    first = stage.submit(REPORT)
    assert content_version(stage, first.report_id) == 404
    stage.handlers.on_report_submitted(first)
    stage.handlers.on_report_indexed(stage.indexed(first))
    assert content_version(stage, first.report_id) == 1
    second = stage.submit(REPORT.model_copy(update={"text": "Ny"}))
    assert content_version(stage, first.report_id) == 1
    stage.handlers.on_report_submitted(second)
    assert content_version(stage, first.report_id) == 2
    with stage.database.write() as session:
        row = session.merge(stage.version(second))
        row.status, row.rejection = "rejected", internal_rejection(None).model_dump()
    assert content_version(stage, first.report_id) == 1
    stage.intake.withdraw("norr", first.report_id)
    assert content_version(stage, first.report_id) == 410
    third = stage.submit(REPORT)
    assert content_version(stage, first.report_id) == 404
    stage.handlers.on_report_submitted(third)
    assert content_version(stage, first.report_id) == 3


@pytest.mark.parametrize(
    "text",
    [
        '{"created_at":"0001-01-01T00:00:00+14:00","report_id":"%s"}' % ("a" * 36),
        '{"created_at":"9999-12-31T23:59:59-14:00","report_id":"%s"}' % ("a" * 36),
        '{"created_at":"2026-01-01T00:00:00","report_id":"%s"}' % ("a" * 36),
        '{"created_at":"2026-01-01T00:00:00Z","report_id":"\\u0000"}',
        "{}",
    ],
    ids=["before-time", "after-time", "without-zone", "nul", "empty"],
)
def test_a_foreign_cursor_is_refused(stage: Stage, text: str) -> None:
    cursor = base64.urlsafe_b64encode(text.encode()).decode()
    answer = ask(stage, "GET", "/v1/reports", params={"cursor": cursor})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/query/cursor"


def test_a_cursor_comes_back_as_it_was(stage: Stage) -> None:
    report_id = stage.submit(REPORT).report_id
    cursor = Cursor(created_at=stage.now, report_id=report_id)
    assert read_cursor(cursor.encode(), Cursor) == cursor


@pytest.mark.parametrize("report_id", ["%00", "nothing", "%F0%9F%92%A9"])
def test_no_such_report(stage: Stage, report_id: str) -> None:
    for path in ("", "/content", "/document", "/events"):
        assert ask(stage, "GET", f"/v1/reports/{report_id}{path}").status_code == 404
    assert ask(stage, "DELETE", f"/v1/reports/{report_id}").status_code == 404


def test_a_version_beyond_all_numbers_is_refused(stage: Stage) -> None:
    report_id = stage.submit(REPORT).report_id
    path = f"/internal/reports/{report_id}/versions"
    assert ask(stage, "GET", f"{path}/{10**30}").status_code == 422


def form(filename: bytes) -> dict[str, Any]:
    head = b'--B\r\nContent-Disposition: form-data; name="document"; filename="' + filename
    body = head + b'"\r\nContent-Type: text/plain\r\n\r\nVi gick ut\r\n--B--\r\n'
    return {"content": body, "headers": {"content-type": "multipart/form-data; boundary=B"}}


@pytest.mark.parametrize(
    ("given", "title", "kept"),
    [
        (b"\x00", "document", "document"),
        (b"a\x00\x07b.txt", "ab", "ab.txt"),
        (b"..", "..", ".."),
        (b"  ", "document", "document"),
    ],
)
def test_a_file_name_is_what_can_be_seen(stage: Stage, given: bytes, title: str, kept: str) -> None:
    answer = ask(stage, "POST", "/v1/reports", **form(given))
    assert answer.status_code == 202
    assert (answer.json()["title"], answer.json()["document"]["filename"]) == (title, kept)


def test_file_names_lose_folders_and_marks() -> None:
    assert plain_filename("/home/x/Årsrapport 2024.pdf") == "Årsrapport 2024.pdf"
    assert plain_filename("\u202efdp.txt\u200b") == "fdp.txt"
    assert plain_filename("a/\x00") == "a"
    assert len(plain_filename("å" * 1_000)) == 255


@pytest.mark.parametrize("kind", ["themes", "target_groups"])
def test_an_unknown_theme_is_answered_with_those_that_are_known(stage: Stage, kind: str) -> None:
    known = {"themes": "mental-health", "target_groups": "young-people"}[kind]
    body = {"title": "T", "text": "Text", kind: [known, "made-up"]}
    answer = ask(stage, "POST", "/v1/reports", json=body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{kind}/1"]
    assert known in answer.json()["detail"]
    metadata = {
        "document": ("a.txt", b"text"),
        "metadata": (None, f'{{"title":"T","{kind}":["x"]}}'),
    }
    answer = ask(stage, "POST", "/v1/reports", files=metadata)
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/metadata/{kind}/0"]


def test_pointers_are_escaped(stage: Stage) -> None:
    body = {"title": "T", "text": "Text", "a/b~c": 1}
    answer = ask(stage, "POST", "/v1/reports", json=body)
    assert answer.json()["errors"][0]["pointer"] == "/a~1b~0c"
    answer = ask(stage, "POST", "/v1/reports", files={"x/y": ("a", b"a"), "document": ("b", b"b")})
    assert answer.json()["errors"][0]["pointer"] == "/x~1y"


def test_a_value_that_is_no_number_is_refused(stage: Stage) -> None:
    for value in ("NaN", "Infinity", "1e999"):
        body = f'{{"title":"T","text":"Text","results":[{{"value":{value}}}]}}'
        headers = {"content-type": "application/json"}
        answer = ask(stage, "POST", "/v1/reports", content=body, headers=headers)
        assert answer.status_code == 422


def test_an_own_theme_of_old_can_still_be_read(stage: Stage) -> None:
    event = stage.submit(REPORT.model_copy(update={"themes": ("no-longer-known",)}))
    assert stage.handlers.on_report_submitted(event)
    assert content_version(stage, event.report_id) == 1
