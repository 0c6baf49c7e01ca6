"""From parts to a total."""

import datetime as dt

import pytest

from libs.events.ranking import PartName, ScorePart
from libs.events.report import Period
from services.recommend.ranking.scoring import freshness, score
from services.recommend.ranking.weights import Weights

TODAY = dt.date(2026, 11, 25)


def weights(**counted: float) -> Weights:
    read = Weights.load()
    return read.model_copy(
        update={"weights": {name: counted.get(name.value, 0.0) for name in PartName}}
    )


def part(value: float | None) -> ScorePart:
    return ScorePart(value=value, code="test")


def test_the_total_is_the_product_of_what_counts() -> None:
    parts = {PartName.MATCH: part(0.8), PartName.EVIDENCE: part(0.25)}
    assert score(parts, weights(match=1, evidence=0.5)).total == pytest.approx(0.4)


def test_a_part_that_is_off_is_shown_and_does_not_count() -> None:
    made = score({PartName.MATCH: part(0.8), PartName.PLACE: part(0.0)}, weights(match=1))
    assert made.total == pytest.approx(0.8)
    (place,) = (each for each in made.parts if each.name is PartName.PLACE)
    assert (place.value, place.weight) == (0.0, 0.0)


def test_what_is_unknown_counts_as_neutral_and_is_shown_as_unknown() -> None:
    made = score({PartName.MATCH: part(0.8)}, weights(match=1, needs=1))
    assert made.total == pytest.approx(0.8 * Weights.load().neutral)
    assert [each.value for each in made.parts if each.name is PartName.NEEDS] == [None]


def test_a_setting_switches_a_part_off() -> None:
    assert Weights.load().weights[PartName.MATCH] == 1
    assert Weights.load([PartName.MATCH]).weights[PartName.MATCH] == 0


@pytest.mark.parametrize(
    ("period", "value", "code"),
    [
        (None, None, "no-period"),
        (Period(), None, "no-period"),
        (Period(start=dt.date(2001, 1, 1)), 1.0, "goes-on"),
        (Period(end=dt.date(2030, 1, 1)), 1.0, "years-since-the-end"),
        (Period(end=TODAY.replace(year=2018)), 0.5, "years-since-the-end"),
    ],
)
def test_a_project_grows_old(period: Period | None, value: float | None, code: str) -> None:
    told = freshness(period, TODAY, 8.0)
    assert told.code == code
    assert told.value == (None if value is None else pytest.approx(value, abs=1e-3))
