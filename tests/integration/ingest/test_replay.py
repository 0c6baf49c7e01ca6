"""Announcing finished reports again, on a real database."""

import dataclasses
import datetime as dt

import pytest

from libs.database.engine import Database
from libs.errors import NotFound
from libs.events.payloads import ReportRejected, ReportSubmitted
from libs.events.report import ReportSubmission
from services.ingest.rejections import internal_rejection
from tests.integration.ingest.stage import Stage, sent


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database)


def replayed(
    stage: Stage, report_id: str | None = None, since: dt.datetime | None = None
) -> tuple[int, list[tuple[str, int]]]:
    """How many, and what it put into the outbox."""
    before = len(sent(stage))
    count = stage.replay.replay(report_id=report_id, since=since)
    return count, sent(stage)[before:]


def submitted(stage: Stage, number: int) -> ReportSubmitted:
    return stage.submit(ReportSubmission(external_id=str(number), title="Titel", text="Text"))


def indexed(stage: Stage, number: int) -> str:
    event = submitted(stage, number)
    stage.handlers.on_report_submitted(event)
    stage.handlers.on_report_indexed(stage.indexed(event))
    return event.report_id


def test_indexed_and_withdrawn_reports_are_announced_and_no_others(stage: Stage) -> None:
    indexed(stage, 1)
    submitted(stage, 2)
    stage.intake.withdraw("norr", indexed(stage, 3))
    assert replayed(stage) == (2, [("reports.accepted.v1", 1), ("reports.withdrawn.v1", 1)])


def test_one_report_alone(stage: Stage) -> None:
    indexed(stage, 1)
    wanted = indexed(stage, 2)
    assert replayed(stage, report_id=wanted)[0] == 1
    with pytest.raises(NotFound):
        replayed(stage, report_id="00000000-0000-0000-0000-000000000000")


def test_only_what_came_in_since(stage: Stage) -> None:
    indexed(stage, 1)
    stage.now += dt.timedelta(days=2)
    moment = stage.now
    indexed(stage, 2)
    assert replayed(stage, since=moment)[0] == 1


def test_more_than_a_batch(stage: Stage) -> None:
    stage.replay = dataclasses.replace(stage.replay, batch=2)
    for number in range(5):
        indexed(stage, number)
    assert replayed(stage)[0] == 5
    assert stage.woken == 3


def test_only_a_partners_own(stage: Stage) -> None:
    indexed(stage, 1)
    assert stage.replay.replay(partner="norr") == 1
    assert stage.replay.replay(partner="söder") == 0


@pytest.mark.parametrize("rejected", [True, False])
def test_the_version_that_stands_is_announced_beside_a_newer_one(
    stage: Stage, *, rejected: bool
) -> None:
    report_id = indexed(stage, 1)
    newer = stage.submit(ReportSubmission(external_id="1", title="Titel", text="Ny"))
    if rejected:
        stage.handlers.on_report_rejected(
            ReportRejected(
                report_id=report_id,
                version=newer.version,
                stage="normalise",
                rejection=internal_rejection(None),
            )
        )
    assert replayed(stage) == (1, [("reports.accepted.v1", 1)])
