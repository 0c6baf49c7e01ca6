"""Records are asked for before a question needs them, a few at a time."""

import json

import httpx
import pytest

from libs.errors import Unavailable
from libs.events.records import MOST_VERSIONS, RECORDS_PATH
from libs.events.reindex import StandingReport, StandingReports
from services.recommend.records import MB, ReportRecords
from services.recommend.warming import RecordWarmer
from tests.unit.recommend.stage import client, told
from tests.unit.recommend.test_records import content


def standing(number: int, *, withdrawn: bool = False) -> StandingReport:
    return StandingReport(
        report_id=f"{number:03}",
        version=1,
        partner="p",
        digest="0",
        content_url="/",
        passages=1,
        withdrawn=withdrawn,
    )


class Ingest:
    """Has 45 reports on two pages, the first withdrawn."""

    def __init__(self) -> None:
        self.away = False
        self.asked: list[str] = []
        self.records = ReportRecords(client(self), MB)
        self.seconds = iter(range(1_000))
        self.warmer = RecordWarmer(client(self), self.records, lambda: float(next(self.seconds)))
        self.woken = 0
        self.warmer.wake = self._wake

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.away:
            return httpx.Response(503, json={"detail": "away"})
        if request.url.path == RECORDS_PATH:
            ids = [each["report_id"] for each in json.loads(request.content)["versions"]]
            self.asked += ids
            return told(map(content, ids))
        after = request.url.params["after"]
        numbers = range(30, 45) if after else range(30)
        items = tuple(standing(number, withdrawn=number == 0) for number in numbers)
        page = StandingReports(
            items=items, next=None if after else "029", reports=None, passages=None
        )
        return httpx.Response(200, content=page.model_dump_json())

    def _wake(self) -> None:
        self.woken += 1


def test_after_a_start_all_are_asked_for_once_and_then_it_waits() -> None:
    ingest = Ingest()
    rests = [ingest.warmer.step() for _ in range(4)]
    assert ingest.asked == [f"{number:03}" for number in range(1, 45)]
    # It rests twice as long as the second that the clock says it took.
    assert rests[:3] == [2.0, 2.0, 2.0]
    assert rests[3] > 60
    assert ingest.warmer.idle
    assert ingest.records.count == 44
    ingest.records.several([(each, 1) for each in ingest.asked[:MOST_VERSIONS]])
    assert len(ingest.asked) == 44


def test_what_is_announced_is_asked_for_soon_unless_it_is_withdrawn() -> None:
    ingest = Ingest()
    while ingest.warmer.step() < 60:
        pass
    ingest.warmer.add("a", 1)
    ingest.warmer.add("b", 1)
    ingest.warmer.drop("b")
    # The second found it awake.
    assert ingest.woken == 1
    ingest.warmer.step()
    assert ingest.asked[44:] == ["a"]


def test_what_ingest_does_not_answer_is_asked_for_again() -> None:
    ingest = Ingest()
    ingest.away = True
    with pytest.raises(Unavailable):
        ingest.warmer.step()
    ingest.away = False
    ingest.warmer.step()
    assert len(ingest.asked) == MOST_VERSIONS


def test_it_stops_where_questions_would_lose_what_they_use() -> None:
    ingest = Ingest()
    ingest.records = ReportRecords(client(ingest), 1)
    warmer = RecordWarmer(client(ingest), ingest.records)
    warmer.step()
    assert warmer.step() > 60
    assert len(ingest.asked) == MOST_VERSIONS
