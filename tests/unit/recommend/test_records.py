"""Records are asked of ingest once, together, with what was found in them."""

import json
from collections.abc import Callable

import httpx
import pytest

from libs.errors import Unavailable
from libs.events.labels import Label, LabelKind, TextSpan
from libs.events.records import MOST_VERSIONS
from libs.events.report import NormalisedReport, ReportContent, Section
from services.recommend.cards import card, group
from services.recommend.record import Record
from services.recommend.records import MB, ReportRecords
from tests.unit.recommend.stage import client, told
from tests.unit.recommend.test_cards import hit

STEP = Label(
    kind=LabelKind.STEP,
    value="Ring på",
    confidence=0.9,
    span=TextSpan(section=0, start=0, end=7),
)


def content(report_id: str, version: int = 1) -> ReportContent:
    report = NormalisedReport(title="T", sections=(Section(text="Ring på dörren."),))
    return ReportContent(report_id=report_id, version=version, partner="p", report=report)


def steps(record: Record | None) -> list[str]:
    assert record
    (found,) = group([hit(record.content.report_id, 0.3)])
    sent = json.loads(card(found, record, most_evidence=1).json())["statements"]
    return [statement["text"] for statement in sent]


class Ingest:
    """Answers as ingest does, and keeps what it was asked."""

    def __init__(self, *labels: Label) -> None:
        self.asked: list[list[tuple[str, int]]] = []
        self.withdrawn: set[str] = set()
        self.before_answer: Callable[[], None] = lambda: None
        self._labels = labels

    def __call__(self, request: httpx.Request) -> httpx.Response:
        wanted = [tuple(each.values()) for each in json.loads(request.content)["versions"]]
        self.asked.append(wanted)
        self.before_answer()
        found = (content(*key) for key in wanted if key[0] not in self.withdrawn)
        return told(found, self._labels)

    def records(self, capacity: int = MB) -> ReportRecords:
        return ReportRecords(client(self), capacity)


def test_an_answers_records_are_asked_for_at_once_and_kept() -> None:
    ingest = Ingest()
    ingest.withdrawn = {"c"}
    records = ingest.records()
    records.record("a", 1)
    for _ in range(2):
        found = records.several([("a", 1), ("b", 1), ("c", 1), ("d", 2)])
        assert found.keys() == {("a", 1), ("b", 1), ("d", 2)}
    assert ingest.asked == [[("a", 1)], [("b", 1), ("c", 1), ("d", 2)], [("c", 1)]]
    assert found["a", 1].content.report.sections == ()


def test_many_are_asked_for_in_several_questions() -> None:
    ingest = Ingest()
    wanted = [(str(number), 1) for number in range(MOST_VERSIONS + 5)]
    assert len(ingest.records().several(wanted)) == len(wanted)
    assert [len(asked) for asked in ingest.asked] == [MOST_VERSIONS, 5]


def test_what_was_announced_counts_until_it_is_kept() -> None:
    ingest = Ingest()
    records = ingest.records()
    records.announce("a", 1, (STEP,))
    assert steps(records.record("a", 1)) == ["Ring på"]
    # As it was sorted by newer heads; an older ingest announces nothing of that.
    records.announce("a", 1, None)
    assert steps(records.record("a", 1)) == []


def test_after_a_restart_labels_are_asked_for() -> None:
    assert steps(Ingest(STEP).records().record("a", 1)) == ["Ring på"]


def test_an_answer_that_comes_after_an_event_is_not_kept() -> None:
    """Ingest is asked before it has the labels, and answers after they were announced."""
    ingest = Ingest()
    records = ingest.records()
    ingest.before_answer = lambda: records.announce("a", 1, (STEP,))
    assert steps(records.record("a", 1)) == []
    ingest.before_answer = lambda: None
    assert steps(records.record("a", 1)) == ["Ring på"]
    assert records.record("a", 1)
    assert len(ingest.asked) == 2


def test_what_is_withdrawn_while_it_is_asked_for_is_not_kept() -> None:
    ingest = Ingest()
    records = ingest.records()
    ingest.before_answer = lambda: records.forget("a", 1)
    records.record("a", 1)
    ingest.withdrawn = {"a"}
    assert records.record("a", 1) is None


def test_an_older_version_does_not_take_a_newer_ones_place() -> None:
    ingest = Ingest()
    records = ingest.records()
    for version in (2, 1, 2):
        assert records.record("a", version)
    assert ingest.asked == [[("a", 2)], [("a", 1)]]
    records.forget("a", 1)
    assert records.record("a", 2)
    assert len(ingest.asked) == 2


def test_the_least_recently_used_goes_when_there_is_no_more_room() -> None:
    ingest = Ingest()
    size = next(iter(ingest.records().several([("a", 1)]).values())).size
    records = ingest.records(3 * size)
    assert not records.full
    for report_id in ("a", "b", "c", "a", "d", "a"):
        records.record(report_id, 1)
    assert records.full
    assert ingest.asked[1:] == [[("a", 1)], [("b", 1)], [("c", 1)], [("d", 1)]]
    records.record("b", 1)
    assert ingest.asked[-1] == [("b", 1)]


def test_an_older_ingest_is_told_of() -> None:
    records = ReportRecords(client(lambda _: httpx.Response(404, json={"detail": "-"})), MB)
    with pytest.raises(Unavailable, match="older release"):
        records.record("a", 1)
