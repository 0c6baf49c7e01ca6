"""What sorting found out, kept with the version and told in its receipt."""

import pytest

from libs.database.engine import Database
from libs.events.labels import Label, LabelKind, TextSpan
from libs.events.payloads import ReportIndexed
from libs.events.report import ReportSubmission
from services.ingest import store
from tests.integration.ingest.asking import ask
from tests.integration.ingest.stage import Stage

THEME = Label(kind=LabelKind.THEME, value="mobility", confidence=0.93, passages=(0, 2))
STEP = Label(
    kind=LabelKind.STEP,
    value="Ring på",
    confidence=0.9,
    passages=(1,),
    span=TextSpan(section=0, start=3, end=10),
)


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database)


def indexed(stage: Stage, *, labels: tuple[Label, ...] | None) -> ReportIndexed:
    event = stage.submit(ReportSubmission(title="Titel", text="1. Ring på", themes=("housing",)))
    stage.handlers.on_report_submitted(event)
    return ReportIndexed(report_id=event.report_id, version=1, passages=3, model="m", labels=labels)


def test_labels_are_told_in_the_receipt_as_inferred(stage: Stage) -> None:
    event = indexed(stage, labels=(THEME, STEP))
    for _ in range(2):
        stage.handlers.on_report_indexed(event)
    told = stage.receipt(event.report_id).labels
    assert [Label(**label.model_dump(exclude={"provenance"})) for label in told] == [THEME, STEP]
    assert {label.provenance for label in told} == {"inferred"}


def test_recommend_may_ask_for_them(stage: Stage) -> None:
    event = indexed(stage, labels=(STEP,))
    stage.handlers.on_report_indexed(event)
    path = f"/internal/reports/{event.report_id}/versions/1/labels"
    (told,) = ask(stage, "GET", path).json()
    assert (told["value"], told["span"]) == ("Ring på", {"section": 0, "start": 3, "end": 10})


def test_what_was_given_is_not_overwritten(stage: Stage) -> None:
    event = indexed(stage, labels=(THEME,))
    stage.handlers.on_report_indexed(event)
    with stage.database.read() as session:
        content = store.readable_version(session, event.report_id).content
    assert content
    assert content["themes"] == ["housing"]


def test_an_event_without_labels_takes_none_away(stage: Stage) -> None:
    event = indexed(stage, labels=(THEME,))
    stage.handlers.on_report_indexed(event)
    stage.handlers.on_report_indexed(event.model_copy(update={"labels": None}))
    assert len(stage.receipt(event.report_id).labels) == 1


def test_a_newer_sorting_takes_the_place_of_an_older_one(stage: Stage) -> None:
    event = indexed(stage, labels=(THEME, STEP))
    stage.handlers.on_report_indexed(event)
    stage.handlers.on_report_indexed(event.model_copy(update={"labels": ()}))
    assert stage.receipt(event.report_id).labels == ()


def test_before_it_is_indexed_nothing_is_told(stage: Stage) -> None:
    event = indexed(stage, labels=None)
    assert stage.receipt(event.report_id).labels == ()
    stage.handlers.on_report_indexed(event)
    assert stage.receipt(event.report_id).labels == ()
