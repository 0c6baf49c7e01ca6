"""What ingest does with its events, on a real database; every handler twice."""

import datetime as dt

import pytest

from libs.database.engine import Database
from libs.database.outbox import OutboxRow
from libs.errors import Gone
from libs.events.payloads import (
    ReportAccepted,
    ReportIndexed,
    ReportRejected,
    ReportSubmitted,
    ReportWithdrawn,
)
from libs.events.report import Receipt, ReportMetadata, ReportStatus, ReportSubmission
from services.ingest import store
from services.ingest.intake import Document
from services.ingest.reconciler import Reconciler
from services.ingest.settings import IngestSettings
from tests.integration.ingest.stage import RESEND_AFTER, Stage

REPORT = ReportSubmission(external_id="1", title="Titel", text="Text")


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database)


def submitted(stage: Stage, document: Document | None = None) -> ReportSubmitted:
    metadata = ReportMetadata(title="rapport") if document else REPORT
    receipt, _ = stage.intake.submit("norr", metadata, document)
    return ReportSubmitted(report_id=receipt.report_id, version=receipt.version, partner="norr")


def receipt(stage: Stage, report_id: str) -> Receipt:
    with stage.database.read() as session:
        report = store.report_row(session, report_id)
        return store.receipt(session, report, store.version_row(session, report_id))


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
    stage.intake.submit("norr", REPORT.model_copy(update={"text": "Ny"}), None)
    assert stage.handlers.on_report_submitted(event) == []


def test_the_reconciler_sends_again_and_waits_longer_each_time(stage: Stage) -> None:
    event = submitted(stage)
    woken: list[int] = []
    settings = IngestSettings(reconcile_after_s=RESEND_AFTER.total_seconds())
    reconciler = Reconciler(
        stage.database, settings, stage.record_of, stage.clock, lambda: woken.append(1)
    )
    start = stage.now
    seconds = [50, 101, 150, 302, 400, 710]
    resent = []
    for second in seconds:
        stage.now = start + dt.timedelta(seconds=second)
        resent.append(reconciler.reconcile(as_of=stage.now))
    assert resent == [0, 1, 0, 1, 0, 1]
    assert len(woken) == 3
    with stage.database.read() as session:
        keys = [row.key for row in session.query(OutboxRow)]
    assert keys == [event.report_id] * 4


def test_finished_reports_are_left_alone(stage: Stage) -> None:
    event = submitted(stage)
    stage.handlers.on_report_submitted(event)
    stage.handlers.on_report_indexed(
        ReportIndexed(report_id=event.report_id, version=1, passages=4, model="m")
    )
    reconciler = Reconciler(
        stage.database, IngestSettings(), stage.record_of, stage.clock, lambda: None
    )
    assert reconciler.reconcile(as_of=stage.now + dt.timedelta(days=30)) == 0


def test_a_restart_makes_everything_unfinished_due(stage: Stage) -> None:
    submitted(stage)
    stage.now += dt.timedelta(seconds=1)
    with stage.database.write() as session:
        store.make_due(session, stage.now)
        assert len(store.overdue(session, stage.now, 10)) == 1
