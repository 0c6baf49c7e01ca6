"""Reports in several documents: from the form to the content that the others read."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from libs.database.engine import Database
from libs.events.payloads import ReportAccepted, ReportRejected
from libs.events.report import MAX_DOCUMENTS, MAX_TEXT_CHARS, ReportMetadata
from services.ingest.intake import Document
from services.ingest.parsing.document import ParsedDocument
from services.ingest.parsing.parser import parse
from tests.integration.ingest.stage import Stage
from tests.integration.ingest.test_api import ask

REPORT = Document("rapport.md", "text/markdown", "# Dörr till dörr\n\nVi ringde på.".encode())
ANNEX = Document("bilaga.txt", "text/plain", b"Trettio hem, nitton svar.")
BROKEN = Document("bilaga.pdf", "application/pdf", b"%PDF-1.7 broken")


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database)


def post(stage: Stage, *documents: Document, metadata: str | None = None) -> httpx.Response:
    files: list[Any] = [
        ("document", (each.filename, each.content, each.media_type)) for each in documents
    ]
    if metadata:
        files.append(("metadata", (None, metadata)))
    return ask(stage, "POST", "/v1/reports", files=files)


def finished(stage: Stage, *documents: Document) -> dict[str, Any]:
    """The content of a report that came as these documents alone."""
    event = stage.submit(ReportMetadata(title="rapport"), *documents)
    (said,) = stage.handlers.on_report_submitted(event)
    assert isinstance(said, ReportAccepted)
    content: dict[str, Any] = ask(stage, "GET", f"/v1/reports/{event.report_id}/content").json()
    return content


def test_each_document_is_told_of_and_can_be_fetched(stage: Stage) -> None:
    receipt = post(stage, REPORT, ANNEX).json()
    assert receipt["title"] == "rapport"
    assert receipt["document"] == receipt["documents"][0]
    assert [each["filename"] for each in receipt["documents"]] == ["rapport.md", "bilaga.txt"]
    for document, told in zip((REPORT, ANNEX), receipt["documents"], strict=True):
        original = ask(stage, "GET", told["link"])
        assert original.content == document.content
        assert document.filename in original.headers["content-disposition"]
        assert original.headers["content-security-policy"] == "sandbox"
    first = ask(stage, "GET", receipt["links"]["document"])
    assert first.content == REPORT.content
    base = f"{receipt['links']['self']}/documents"
    assert ask(stage, "GET", f"{base}/2").status_code == 404
    assert [ask(stage, "GET", f"{base}/{n}").status_code for n in (-1, 2**40, "x")] == [422] * 3


def test_a_versions_documents_stay_its_own_when_the_next_one_is_rejected(stage: Stage) -> None:
    metadata = ReportMetadata(title="rapport", external_id="1")
    first = stage.submit(metadata, REPORT)
    stage.handlers.on_report_submitted(first)
    stage.handlers.on_report_indexed(stage.indexed(first))
    path = f"/v1/reports/{first.report_id}"
    second = stage.submit(metadata, BROKEN)
    while_read = _quoted(stage, path)
    (rejected,) = stage.handlers.on_report_submitted(second)
    assert isinstance(rejected, ReportRejected)
    stage.handlers.on_report_rejected(rejected)
    told = _quoted(stage, path)
    assert told == while_read
    cited = ask(stage, "GET", f"/internal/reports/{first.report_id}/versions/1").json()
    assert cited["documents"] == [told]
    newest = ask(stage, "GET", path).json()["document"]["link"]
    assert ask(stage, "GET", newest).content == BROKEN.content
    assert ask(stage, "GET", f"{path}/document").content == BROKEN.content
    assert ask(stage, "GET", f"{path}/document?version=1").content == REPORT.content
    assert ask(stage, "GET", f"{path}/documents/0?version=3").status_code == 404
    assert ask(stage, "GET", f"{path}/documents/0?version=0").status_code == 422
    stage.intake.withdraw("norr", first.report_id)
    assert ask(stage, "GET", told["link"]).status_code == 410


def _quoted(stage: Stage, path: str) -> dict[str, Any]:
    """The one document of the content, which is version 1's and leads to its bytes."""
    content = ask(stage, "GET", f"{path}/content").json()
    assert content["version"] == 1
    (told,) = content["documents"]
    assert ask(stage, "GET", told["link"]).content == REPORT.content
    return dict(told)


def test_sections_say_which_document_they_stand_in(stage: Stage) -> None:
    content = finished(stage, REPORT, ANNEX)
    sections = content["report"]["sections"]
    assert [(s["document"], s["text"]) for s in sections] == [
        (0, "Vi ringde på."),
        (1, "Trettio hem, nitton svar."),
    ]
    assert [each["number"] for each in content["documents"]] == [0, 1]


def test_what_the_first_says_of_itself_holds_for_the_report(stage: Stage) -> None:
    page = '<html lang="fi"><h1>Liite</h1><p>Nuoret tulivat luoksemme iltaisin koulun jälkeen.</p>'
    annex = Document("liite.html", "text/html", page.encode() * 9)
    content = finished(stage, REPORT, annex)
    record = content["report"]
    assert (record["title"], record["language"]) == ("Dörr till dörr", None)
    assert record["provenance"]["/title"]["source"] == "/documents/0"
    assert stage.receipt(content["report_id"]).title == "Dörr till dörr"
    record = finished(stage, annex, REPORT)["report"]
    assert (record["title"], record["language"]) == ("rapport", "fi")
    assert record["provenance"]["/title"]["origin"] == "given"


def test_the_order_and_each_document_make_the_version(stage: Stage) -> None:
    first = post(stage, REPORT, ANNEX, metadata='{"title": "T", "external_id": "1"}')
    assert first.status_code == 202
    for documents, version in (
        ((REPORT, ANNEX), 1),
        ((ANNEX, REPORT), 2),
        ((ANNEX,), 3),
        ((ANNEX, ANNEX), 4),
    ):
        answer = post(stage, *documents, metadata='{"title": "T", "external_id": "1"}')
        assert answer.json()["version"] == version
        assert len(answer.json()["documents"]) == len(documents)


def test_one_that_cannot_be_read_rejects_all_and_is_named(stage: Stage) -> None:
    event = stage.submit(ReportMetadata(title="rapport"), REPORT, BROKEN)
    (rejected,) = stage.handlers.on_report_submitted(event)
    assert isinstance(rejected, ReportRejected)
    assert rejected.rejection.code == "unreadable-document"
    assert rejected.rejection.reason_en.startswith("bilaga.pdf: ")
    assert rejected.rejection.reason_sv.startswith("bilaga.pdf: ")
    alone = stage.submit(ReportMetadata(title="rapport"), BROKEN)
    (rejected,) = stage.handlers.on_report_submitted(alone)
    assert isinstance(rejected, ReportRejected)
    assert rejected.rejection.reason_en.startswith("The document ")


def test_the_limit_on_text_holds_for_all_together(stage: Stage) -> None:
    half = Document("halva.txt", "text/plain", b"Ett ord. " * (MAX_TEXT_CHARS // 18 + 1))
    (accepted,) = stage.handlers.on_report_submitted(stage.submit(ReportMetadata(title="h"), half))
    assert isinstance(accepted, ReportAccepted)
    event = stage.submit(ReportMetadata(title="h"), half, half)
    (rejected,) = stage.handlers.on_report_submitted(event)
    assert isinstance(rejected, ReportRejected)
    assert rejected.rejection.code == "too-large"


class SlowReader:
    """Takes a hundred seconds for each document, on its own clock."""

    def __init__(self) -> None:
        self.now = 0.0

    def read(self, content: bytes, media_type: str) -> ParsedDocument:
        self.now += 100
        return parse(content, media_type)


def test_the_time_for_reading_holds_for_all_together(stage: Stage) -> None:
    reader = SlowReader()
    handlers = replace(stage.handlers, reader=reader, parse_s=250, monotonic=lambda: reader.now)
    three = [ANNEX] * 2 + [Document("tre.txt", "text/plain", b"Tre.")]
    (accepted,) = handlers.on_report_submitted(stage.submit(ReportMetadata(title="t"), *three))
    assert isinstance(accepted, ReportAccepted)
    four = [*three, Document("fyra.txt", "text/plain", b"Fyra."), *three]
    (rejected,) = handlers.on_report_submitted(stage.submit(ReportMetadata(title="f"), *four))
    assert isinstance(rejected, ReportRejected)
    assert rejected.rejection.code == "parse-timeout"
    assert rejected.rejection.reason_en.startswith("fyra.txt: ")
    assert reader.now == 600


def test_ten_are_taken_and_eleven_are_not(stage: Stage) -> None:
    assert post(stage, *[ANNEX] * MAX_DOCUMENTS).status_code == 202
    refused = post(stage, *[ANNEX] * (MAX_DOCUMENTS + 1))
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/document"
    assert str(MAX_DOCUMENTS) in refused.json()["detail"]


def test_a_wrong_part_is_named_by_its_number(stage: Stage) -> None:
    empty = Document("tom.txt", "text/plain", b"")
    picture = Document("bild.png", "image/png", b"\x89PNG\r\n\x1a\n")
    for wrong, status in ((empty, 422), (picture, 415)):
        refused = post(stage, REPORT, wrong)
        assert refused.status_code == status
        assert refused.json()["detail"].startswith(wrong.filename)
        assert refused.json()["errors"][0]["pointer"] == "/document/1"
    alone = post(stage, picture)
    assert alone.json()["errors"][0]["pointer"] == "/document"
    field = ask(
        stage, "POST", "/v1/reports", files=[("document", b"a"), ("document", (None, "no file"))]
    )
    assert field.status_code == 422


def test_a_json_report_has_no_documents_and_cannot_claim_one(stage: Stage) -> None:
    receipt = ask(stage, "POST", "/v1/reports", json={"title": "T", "text": "Text"}).json()
    assert (receipt["document"], receipt["documents"]) == (None, [])
    assert ask(stage, "GET", f"{receipt['links']['self']}/documents/0").status_code == 404
    section = {"text": "Text", "document": 3}
    refused = ask(stage, "POST", "/v1/reports", json={"title": "T", "sections": [section]})
    assert refused.json()["errors"][0]["pointer"] == "/sections/0/document"
