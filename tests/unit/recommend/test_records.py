"""Records are asked of ingest once, with what was found in them."""

import json
from collections.abc import Callable

import httpx

from libs.events.labels import InferredLabel, Label, LabelKind, TextSpan
from libs.events.report import NormalisedReport, ReportContent, Section
from services.recommend.records import ReportRecords

STEP = Label(
    kind=LabelKind.STEP,
    value="Ring på",
    confidence=0.9,
    span=TextSpan(section=0, start=0, end=7),
)
CONTENT = ReportContent(
    report_id="a",
    version=1,
    partner="p",
    report=NormalisedReport(title="T", sections=(Section(text="Ring på dörren."),)),
)


class Ingest:
    """Answers as ingest does, and keeps what it was asked."""

    def __init__(self, labels: list[Label] | None) -> None:
        self.asked: list[str] = []
        self._labels = labels
        self.before_labels: Callable[[], None] = lambda: None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        if not request.url.path.endswith("/labels"):
            return httpx.Response(200, text=CONTENT.model_dump_json())
        if self._labels is None:
            return httpx.Response(404, json={"detail": "Not Found"})
        self.before_labels()
        labels = [InferredLabel(**label.model_dump()) for label in self._labels]
        return httpx.Response(200, text=json.dumps([each.model_dump() for each in labels]))

    def records(self) -> ReportRecords:
        client = httpx.Client(transport=httpx.MockTransport(self), base_url="http://ingest")
        return ReportRecords(client, capacity=10)


def test_what_was_announced_is_not_asked_for() -> None:
    ingest = Ingest([])
    records = ingest.records()
    records.refresh("a", 1, (STEP,))
    record = records.record("a", 1)
    assert record
    assert [statement.text for statement in record.statements] == ["Ring på"]
    assert record.content.report.sections == ()
    assert ingest.asked == ["/internal/reports/a/versions/1"]


def test_after_a_restart_labels_are_asked_for() -> None:
    ingest = Ingest([STEP])
    record = ingest.records().record("a", 1)
    assert record
    assert [statement.text for statement in record.statements] == ["Ring på"]


def test_an_ingest_of_before_has_none() -> None:
    record = Ingest(None).records().record("a", 1)
    assert record
    assert record.statements == ()


def test_an_answer_that_comes_after_an_event_is_not_kept() -> None:
    """Ingest is asked before it has the labels, and answers after they were announced."""
    ingest = Ingest([])
    records = ingest.records()
    ingest.before_labels = lambda: records.refresh("a", 1, (STEP,))
    early = records.record("a", 1)
    assert early
    assert early.statements == ()
    kept = records.record("a", 1)
    assert kept
    assert [statement.text for statement in kept.statements] == ["Ring på"]


def test_what_is_withdrawn_while_it_is_asked_for_is_not_kept() -> None:
    ingest = Ingest([])
    records = ingest.records()
    ingest.before_labels = lambda: records.forget("a", 1)
    records.record("a", 1)
    before = len(ingest.asked)
    ingest.before_labels = lambda: None
    records.record("a", 1)
    assert len(ingest.asked) > before
