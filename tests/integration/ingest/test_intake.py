"""Taking reports in, on a real database."""

import threading
from collections.abc import Sequence

import pytest
from sqlalchemy import func, select

from libs.bus.record import Record
from libs.database.engine import Database
from libs.database.outbox import OutboxRelay, OutboxRow
from libs.errors import NotFound, Unavailable
from libs.events.listing import Cursor
from libs.events.report import ReportMetadata, ReportStatus, ReportSubmission
from services.ingest.intake import Document
from services.ingest.listing import list_reports
from services.ingest.tables import DocumentRow, ReportRow, VersionRow
from tests.integration.ingest.stage import Stage

REPORT = ReportSubmission(external_id="1", title="Titel", text="Text")
METADATA = ReportMetadata(external_id="2", title="Titel")
DOCUMENT = Document("a.txt", "text/plain", "Åtta ord".encode())


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database)


def rows(database: Database, table: type) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_record_document_and_event_are_one_transaction(stage: Stage) -> None:
    receipt, created = stage.intake.submit("norr", METADATA, [DOCUMENT])
    assert created
    assert (receipt.status, receipt.version) == (ReportStatus.ACCEPTED, 1)
    assert receipt.document
    assert receipt.document.size == len(DOCUMENT.content)
    assert [rows(stage.database, t) for t in (ReportRow, DocumentRow, OutboxRow)] == [1, 1, 1]
    assert stage.committed == [receipt.report_id]


def test_nothing_is_kept_when_the_event_cannot_be_written(stage: Stage) -> None:
    def broken(_payload: object) -> Record:
        raise RuntimeError("no event")

    intake = type(stage.intake)(
        stage.database, broken, stage.clock, stage.intake.resend_after, stage.committed.append
    )
    with pytest.raises(RuntimeError):
        intake.submit("norr", METADATA, [DOCUMENT])
    assert [rows(stage.database, t) for t in (ReportRow, DocumentRow, OutboxRow)] == [0, 0, 0]
    assert stage.committed == []


def test_the_same_again_is_no_new_version(stage: Stage) -> None:
    first, _ = stage.intake.submit("norr", REPORT)
    again, created = stage.intake.submit("norr", REPORT)
    assert (again.report_id, again.version, created) == (first.report_id, 1, False)
    assert rows(stage.database, OutboxRow) == 1


def test_other_content_is_a_new_version(stage: Stage) -> None:
    stage.intake.submit("norr", REPORT)
    changed = REPORT.model_copy(update={"text": "Ny text"})
    receipt, created = stage.intake.submit("norr", changed)
    assert (receipt.version, created) == (2, True)
    assert [entry.version for entry in receipt.history] == [1, 2]


def test_partners_do_not_meet(stage: Stage) -> None:
    mine, _ = stage.intake.submit("norr", REPORT)
    yours, created = stage.intake.submit("syd", REPORT)
    assert created
    assert mine.report_id != yours.report_id
    with pytest.raises(NotFound):
        stage.intake.withdraw("syd", mine.report_id)


def test_a_withdrawn_report_can_be_sent_again(stage: Stage) -> None:
    receipt, _ = stage.intake.submit("norr", REPORT)
    assert stage.intake.withdraw("norr", receipt.report_id).status is ReportStatus.WITHDRAWN
    stage.intake.withdraw("norr", receipt.report_id)
    again, created = stage.intake.submit("norr", REPORT)
    assert (again.version, created) == (2, True)
    assert [e.status.value for e in again.history] == ["accepted", "withdrawn", "accepted"]


def test_ten_at_once_make_one_report(stage: Stage) -> None:
    barrier = threading.Barrier(10)
    created: list[bool] = []

    def submit() -> None:
        barrier.wait(10)
        created.append(stage.intake.submit("norr", REPORT)[1])

    threads = [threading.Thread(target=submit) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(created) == [False] * 9 + [True]
    assert rows(stage.database, VersionRow) == 1


def test_the_list_has_no_gap_and_no_repeat(stage: Stage) -> None:
    submitted = [
        stage.intake.submit("norr", REPORT.model_copy(update={"external_id": str(n)}))[0]
        for n in range(5)
    ]
    seen: list[str] = []
    after = None
    while True:
        with stage.database.read() as session:
            page = list_reports(session, after=after, limit=2)
        if not page:
            break
        seen += [report.id for report, _ in page]
        after = Cursor(created_at=page[-1][0].created_at, report_id=page[-1][0].id)
    assert seen == [receipt.report_id for receipt in submitted]


def test_the_relay_publishes_in_order_and_forgets(stage: Stage) -> None:
    sent: list[Record] = []
    relay = OutboxRelay(stage.database, sent.extend)
    for number in range(3):
        report = REPORT.model_copy(update={"external_id": str(number)})
        stage.intake.submit("norr", report)
    assert relay.relay_batch() == 3
    assert [record.key for record in sent] == stage.committed
    assert all(record.topic == "reports.submitted.v1" for record in sent)
    assert relay.relay_batch() == 0
    assert rows(stage.database, OutboxRow) == 0


def test_what_the_broker_did_not_take_waits(stage: Stage) -> None:
    broker_is_there = threading.Event()
    taken = threading.Event()

    def send(_records: Sequence[Record]) -> None:
        if not broker_is_there.is_set():
            raise Unavailable("no broker")
        taken.set()

    relay = OutboxRelay(stage.database, send)
    stage.intake.submit("norr", REPORT)
    with pytest.raises(Unavailable):
        relay.relay_batch()
    assert rows(stage.database, OutboxRow) == 1
    relay.start()
    broker_is_there.set()
    relay.wake()
    assert taken.wait(10)
    relay.stop(10)
    assert not relay.failed()
    assert rows(stage.database, OutboxRow) == 0


def test_intake_goes_on_while_the_broker_hangs(stage: Stage) -> None:
    hanging, let_go = threading.Event(), threading.Event()

    def send(_records: Sequence[Record]) -> None:
        hanging.set()
        let_go.wait(20)

    relay = OutboxRelay(stage.database, send)
    stage.intake.submit("norr", REPORT)
    relay.start()
    relay.wake()
    assert hanging.wait(10)
    _, created = stage.intake.submit("norr", METADATA, [DOCUMENT])
    assert created
    let_go.set()
    relay.stop(10)
