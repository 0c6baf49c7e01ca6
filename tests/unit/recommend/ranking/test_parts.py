"""What tells the parts of a report's place in an answer."""

from typing import Any

import pytest

from libs.events.profile import Profile
from libs.events.ranking import PartName, ScorePart
from libs.events.report import NormalisedReport, ReportContent
from libs.places.table import places
from services.recommend.ranking.parts import tellers_of_fit
from services.recommend.record import Record
from services.recommend.transfer import Asker, fit


def told(**report: Any) -> dict[PartName, ScorePart]:
    normalised = NormalisedReport.model_validate({"title": "t", "sections": (), **report})
    record = Record(ReportContent(report_id="r", version=1, partner="p", report=normalised))
    asker = Asker.of(Profile(name="Kiruna", country="SE", months=12), places())
    tellers = tellers_of_fit({"r": fit(asker, record, places())})
    return {name: tell(record) for name, tell in tellers.items()}


def test_a_fit_tells_place_and_needs() -> None:
    parts = told(
        places=[{"country": "SE", "name": "Kiruna"}],
        period={"start": "2020-01-01", "end": "2020-12-01"},
    )
    assert parts[PartName.PLACE] == ScorePart(value=1, code="likeness")
    assert parts[PartName.NEEDS] == ScorePart(value=1, code="enough-time")


@pytest.mark.parametrize("report", [{}, {"period": {"start": "2020-01-01"}}])
def test_what_a_report_does_not_say_is_unknown_and_not_low(report: dict[str, Any]) -> None:
    parts = told(**report)
    assert parts[PartName.PLACE] == ScorePart(value=None, code="places-unknown")
    assert parts[PartName.NEEDS] == ScorePart(value=None, code="not-in-report")
