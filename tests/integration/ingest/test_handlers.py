"""What ingest does with its events, on a real database; every handler twice."""

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from libs.database.engine import Database
from libs.errors import Gone, NotFound
from libs.events.payloads import (
    ReportAccepted,
    ReportIndexed,
    ReportRejected,
    ReportRemoved,
    ReportSubmitted,
    ReportWithdrawn,
)
from libs.events.report import Receipt, ReportMetadata, ReportStatus, ReportSubmission
from libs.telemetry import names
from services.ingest import store
from services.ingest.intake import Document
from services.ingest.rejections import internal_rejection
from tests.integration.ingest.stage import Stage

REPORT = ReportSubmission(external_id="1", title="Titel", text="Text")
TEXT = Document("rapport.txt", "text/plain", "Vi gick från dörr till dörr.".encode())


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database)


def submitted(stage: Stage, *documents: Document) -> ReportSubmitted:
    return stage.submit(ReportMetadata(title="rapport") if documents else REPORT, *documents)


def receipt(stage: Stage, report_id: str) -> Receipt:
    return stage.receipt(report_id)


def test_a_submission_is_normalised_once(stage: Stage) -> None:
    event = submitted(stage)
    (first,) = stage.handlers.on_report_submitted(event)
    assert isinstance(first, ReportAccepted)
    assert stage.handlers.on_report_submitted(event) == [first]
    statuses = [entry.status.value for entry in receipt(stage, event.report_id).history]
    assert statuses == ["accepted", "normalised"]


def test_a_document_is_read_and_its_title_found(stage: Stage) -> None:
    html = b"<html><title>Titeln</title><h1>Titeln</h1><p>Ett stycke text.</p></html>"
    event = submitted(stage, Document("rapport.html", "text/html", html))
    stage.handlers.on_report_submitted(event)
    with stage.database.read() as session:
        content = store.readable_version(session, event.report_id).content
    assert content
    assert content["title"] == "Titeln"
    assert "Ett stycke text." in content["sections"][0]["text"]


def test_a_document_that_cannot_be_read_is_rejected_with_words(stage: Stage) -> None:
    event = submitted(stage, Document("rapport.pdf", "application/pdf", b"%PDF-1.7 broken"))
    (rejected,) = stage.handlers.on_report_submitted(event)
    assert isinstance(rejected, ReportRejected)
    for _ in range(2):
        assert stage.handlers.on_report_rejected(rejected) == []
    found = receipt(stage, event.report_id)
    assert found.status is ReportStatus.REJECTED
    assert found.rejection
    assert found.rejection.code == "unreadable-document"
    assert found.rejection.reason_sv
    assert len(found.history) == 2
    assert stage.handlers.on_report_submitted(event) == []


def test_indexed_is_written_once(stage: Stage) -> None:
    event = submitted(stage)
    stage.handlers.on_report_submitted(event)
    indexed = ReportIndexed(report_id=event.report_id, version=1, passages=4, model="m")
    for _ in range(2):
        assert stage.handlers.on_report_indexed(indexed) == []
    found = receipt(stage, event.report_id)
    assert (found.status, found.passages, len(found.history)) == (ReportStatus.INDEXED, 4, 3)


def test_what_was_withdrawn_meanwhile_is_taken_out_again(stage: Stage) -> None:
    event = submitted(stage)
    stage.handlers.on_report_submitted(event)
    stage.intake.withdraw("norr", event.report_id)
    assert stage.handlers.on_report_submitted(event) == []
    indexed = ReportIndexed(report_id=event.report_id, version=1, passages=4, model="m")
    assert stage.handlers.on_report_indexed(indexed) == [
        ReportWithdrawn(report_id=event.report_id, version=1)
    ]
    with stage.database.read() as session, pytest.raises(Gone):
        store.readable_version(session, event.report_id)


def test_an_older_version_is_not_worked_on(stage: Stage) -> None:
    event = submitted(stage)
    stage.intake.submit("norr", REPORT.model_copy(update={"text": "Ny"}))
    assert stage.handlers.on_report_submitted(event) == []


def test_a_new_version_is_not_held_up_by_news_of_an_older_one(stage: Stage) -> None:
    event = submitted(stage)
    stage.handlers.on_report_submitted(event)
    stage.submit(REPORT.model_copy(update={"text": "Ny"}))
    assert stage.handlers.on_report_indexed(stage.indexed(event)) == []
    # The older one is found as long as the newer one is not: the record says so.
    told = receipt(stage, event.report_id)
    assert (told.version, told.status) == (2, ReportStatus.ACCEPTED)
    assert [entry.version for entry in told.history] == [1, 1, 2, 1]


def test_late_news_of_a_version_that_was_replaced_changes_nothing(stage: Stage) -> None:
    event = submitted(stage)
    stage.handlers.on_report_submitted(event)
    newer = stage.submit(REPORT.model_copy(update={"text": "Ny"}))
    stage.handlers.on_report_submitted(newer)
    stage.handlers.on_report_indexed(stage.indexed(newer))
    assert stage.handlers.on_report_indexed(stage.indexed(event)) == []
    assert stage.version(event).status == ReportStatus.NORMALISED


def test_an_older_version_in_flight_does_not_survive_the_withdrawal(stage: Stage) -> None:
    old = submitted(stage)
    stage.handlers.on_report_submitted(old)
    new = stage.submit(REPORT.model_copy(update={"text": "Ny"}))
    stage.intake.withdraw("norr", old.report_id)
    removed = ReportRemoved(report_id=old.report_id, version=2)
    stage.handlers.on_report_removed(removed)
    with stage.database.read() as session:
        for version in (None, 1, 2):
            with pytest.raises(Gone):
                store.readable_version(session, old.report_id, version)
    for _ in range(2):
        assert stage.handlers.on_report_indexed(stage.indexed(old)) == [
            ReportWithdrawn(report_id=old.report_id, version=2)
        ]
    # What was known to be gone is there again, so it is watched again.
    assert stage.version(new).removed_at is None
    again = stage.submit(REPORT)
    stage.handlers.on_report_submitted(again)
    with stage.database.read() as session:
        assert store.readable_version(session, old.report_id, 3).content
        with pytest.raises(Gone):
            store.readable_version(session, old.report_id, 1)


def test_a_removal_is_noted_once(stage: Stage) -> None:
    event = submitted(stage)
    removed = ReportRemoved(report_id=event.report_id, version=1)
    stage.handlers.on_report_removed(removed)
    assert stage.version(event).removed_at is None
    stage.intake.withdraw("norr", event.report_id)
    stage.handlers.on_report_removed(removed)
    first = stage.version(event).removed_at
    assert first
    assert stage.handlers.on_report_removed(removed) == []
    assert stage.version(event).removed_at == first
    with pytest.raises(NotFound):
        stage.handlers.on_report_removed(ReportRemoved(report_id="none", version=1))


def test_what_was_found_after_all_has_no_rejection(stage: Stage) -> None:
    event = submitted(stage)
    stage.handlers.on_report_submitted(event)
    rejection = internal_rejection("t" * 32)
    stage.handlers.on_report_rejected(
        ReportRejected(report_id=event.report_id, version=1, stage="index", rejection=rejection)
    )
    assert receipt(stage, event.report_id).rejection == rejection
    stage.handlers.on_report_indexed(stage.indexed(event))
    found = receipt(stage, event.report_id)
    assert (found.status, found.rejection) == (ReportStatus.INDEXED, None)


def test_reading_a_document_is_a_span_without_its_words(database: Database) -> None:
    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    stage = Stage(database, provider.get_tracer("test"))
    stage.handlers.on_report_submitted(submitted(stage, TEXT))
    broken = Document("rapport.pdf", "application/pdf", b"%PDF-1.7 broken")
    stage.handlers.on_report_submitted(submitted(stage, broken))
    stage.handlers.on_report_submitted(stage.submit(REPORT))
    found = spans.get_finished_spans()
    assert [span.name for span in found] == [names.SPAN_PARSE] * 2
    assert dict(found[0].attributes or {}) == {
        names.MEDIA_TYPE: "text/plain",
        names.DOCUMENT_BYTES: len(TEXT.content),
    }
    assert not found[1].events
    provider.shutdown()
