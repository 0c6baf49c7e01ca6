"""Every report ends and every withdrawal arrives, whatever the broker forgets."""

import datetime as dt

import pytest
from sqlalchemy import delete

from libs.database.engine import Database
from libs.database.outbox import OutboxRow
from libs.events.payloads import ReportRemoved, ReportSubmitted
from libs.events.report import ReportStatus, ReportSubmission
from services.ingest import store
from services.ingest.reconciler import MAX_RESENDS
from tests.integration.ingest.stage import RESEND_AFTER, Stage, sent

REPORT = ReportSubmission(external_id="1", title="Titel", text="Text")


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database)


def forget(stage: Stage) -> None:
    """What was sent is lost with its broker."""
    with stage.database.write() as session:
        session.execute(delete(OutboxRow))


def look(stage: Stage, later: dt.timedelta, *, counted: bool = True) -> int:
    stage.now += later
    return stage.reconciler.reconcile(as_of=stage.now, counted=counted)


def test_the_waiting_time_doubles(stage: Stage) -> None:
    event = stage.submit(REPORT)
    start = stage.now
    resent = []
    for second in (50, 101, 150, 302, 400, 710):
        stage.now = start + dt.timedelta(seconds=second)
        resent.append(stage.reconciler.reconcile(as_of=stage.now))
    assert resent == [0, 1, 0, 1, 0, 1]
    assert stage.woken == 3
    with stage.database.read() as session:
        keys = [row.key for row in session.query(OutboxRow)]
    assert keys == [event.report_id] * 4


def test_finished_reports_are_left_alone(stage: Stage) -> None:
    event = stage.submit(REPORT)
    stage.handlers.on_report_submitted(event)
    stage.handlers.on_report_indexed(stage.indexed(event))
    assert look(stage, dt.timedelta(days=30)) == 0


def test_a_restart_makes_everything_unfinished_due_and_does_not_count(stage: Stage) -> None:
    event = stage.submit(REPORT)
    for _ in range(MAX_RESENDS + 3):
        stage.now += dt.timedelta(seconds=1)
        with stage.database.write() as session:
            store.make_due(session, stage.now)
        assert look(stage, dt.timedelta(), counted=False) == 1
    row = stage.version(event)
    assert (row.resends, row.status) == (0, ReportStatus.ACCEPTED)
    assert row.resend_at <= stage.now + RESEND_AFTER


def given_up(stage: Stage, event: ReportSubmitted) -> None:
    for _ in range(MAX_RESENDS + 1):
        assert look(stage, dt.timedelta(days=1)) == 1
    assert stage.version(event).status == ReportStatus.REJECTED


def test_a_report_that_never_gets_through_ends(stage: Stage) -> None:
    event = stage.submit(REPORT)
    given_up(stage, event)
    assert sent(stage) == [("reports.submitted.v1", 1)] * (MAX_RESENDS + 1)
    found = stage.receipt(event.report_id)
    assert found.rejection
    assert found.rejection.code == "internal"
    assert "fel hos oss" in found.rejection.reason_sv
    assert "operators" in found.rejection.hint
    assert found.history[-1].detail == {"code": "internal", "stage": "normalise"}
    assert look(stage, dt.timedelta(days=1)) == 0
    _, created = stage.intake.submit("norr", REPORT)
    assert created


def test_an_event_that_comes_through_after_all_is_worked_on(stage: Stage) -> None:
    event = stage.submit(REPORT)
    given_up(stage, event)
    assert stage.handlers.on_report_submitted(event)
    row = stage.version(event)
    assert (row.status, row.rejection, row.resends) == (ReportStatus.NORMALISED, None, 0)


def test_a_withdrawn_report_that_was_given_up_stays_withdrawn(stage: Stage) -> None:
    event = stage.submit(REPORT)
    given_up(stage, event)
    stage.intake.withdraw("norr", event.report_id)
    assert stage.handlers.on_report_submitted(event) == []
    assert stage.version(event).status == ReportStatus.WITHDRAWN


def test_a_withdrawal_is_sent_until_it_is_confirmed(stage: Stage) -> None:
    event = stage.submit(REPORT)
    stage.handlers.on_report_submitted(event)
    stage.handlers.on_report_indexed(stage.indexed(event))
    stage.intake.withdraw("norr", event.report_id)
    forget(stage)
    assert look(stage, RESEND_AFTER / 2) == 0
    for _ in range(MAX_RESENDS + 5):
        assert look(stage, dt.timedelta(days=2)) == 1
    assert sent(stage) == [("reports.withdrawn.v1", 1)] * (MAX_RESENDS + 5)
    stage.handlers.on_report_removed(ReportRemoved(report_id=event.report_id, version=1))
    assert look(stage, dt.timedelta(days=2)) == 0
    assert stage.version(event).status == ReportStatus.WITHDRAWN


def test_a_restart_sends_a_withdrawal_at_once(stage: Stage) -> None:
    event = stage.submit(REPORT)
    stage.intake.withdraw("norr", event.report_id)
    forget(stage)
    stage.now += dt.timedelta(seconds=1)
    with stage.database.write() as session:
        store.make_due(session, stage.now)
    assert look(stage, dt.timedelta(), counted=False) == 1
    assert sent(stage) == [("reports.withdrawn.v1", 1)]


def test_a_withdrawal_is_not_forgotten_over_a_newer_version(stage: Stage) -> None:
    event = stage.submit(REPORT)
    stage.intake.withdraw("norr", event.report_id)
    newer = stage.submit(REPORT)
    forget(stage)
    assert look(stage, dt.timedelta(days=1)) == 2
    assert sorted(sent(stage)) == [("reports.submitted.v1", 2), ("reports.withdrawn.v1", 1)]
    stage.handlers.on_report_removed(ReportRemoved(report_id=event.report_id, version=1))
    assert stage.version(event).removed_at
    assert stage.version(newer).removed_at is None
