"""Many versions' records in one answer: each as it is told alone."""

import pytest

from libs.database.engine import Database
from libs.events.labels import Label, LabelKind
from libs.events.records import MOST_VERSIONS, RECORDS_PATH, Records
from libs.events.report import ReportContent, ReportMetadata, ReportSubmission
from services.ingest.intake import Document
from tests.integration.ingest.asking import ask
from tests.integration.ingest.stage import Stage
from tests.integration.ingest.test_several_documents import ANNEX, REPORT

THEME = Label(kind=LabelKind.THEME, value="mobility", confidence=0.93, passages=(0,))


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database)


def put(stage: Stage, title: str, *documents: Document) -> str:
    report = ReportMetadata(title=title) if documents else ReportSubmission(title=title, text="T.")
    event = stage.submit(report, *documents)
    stage.handlers.on_report_submitted(event)
    return event.report_id


def records(stage: Stage, *wanted: tuple[str, int]) -> Records:
    versions = [{"report_id": report_id, "version": version} for report_id, version in wanted]
    answer = ask(stage, "POST", RECORDS_PATH, json={"versions": versions})
    return Records.model_validate_json(answer.content)


def test_each_is_as_it_is_told_alone(stage: Stage) -> None:
    plain = put(stage, "Ett")
    scanned = put(stage, "Två", REPORT, ANNEX)
    event = stage.submit(ReportSubmission(title="Tre", text="Text."))
    stage.handlers.on_report_submitted(event)
    stage.handlers.on_report_indexed(stage.indexed(event).model_copy(update={"labels": (THEME,)}))
    found = records(stage, (plain, 1), (scanned, 1), (event.report_id, 1))
    assert len(found.records) == 3
    for each in found.records:
        path = f"/internal/reports/{each.content.report_id}/versions/1"
        assert each.content == ReportContent.model_validate_json(ask(stage, "GET", path).content)
        labels = [label.model_dump(mode="json") for label in each.labels]
        assert labels == ask(stage, "GET", f"{path}/labels").json()
    assert sum(len(each.labels) for each in found.records) == 1
    assert sum(len(each.content.documents) for each in found.records) == 2


def test_what_cannot_be_read_is_left_out(stage: Stage) -> None:
    gone, there = put(stage, "Ett"), put(stage, "Två")
    waiting = stage.submit(ReportSubmission(title="Tre", text="Text.")).report_id
    stage.intake.withdraw("norr", gone)
    found = records(
        stage, (gone, 1), (there, 1), (there, 2), (waiting, 1), ("none", 1), ("\x00", 1)
    )
    assert [each.content.report_id for each in found.records] == [there]
    assert records(stage).records == ()


def test_no_more_than_an_answers(stage: Stage) -> None:
    wanted = [{"report_id": "a", "version": 1}] * (MOST_VERSIONS + 1)
    assert ask(stage, "POST", RECORDS_PATH, json={"versions": wanted}).status_code == 422
