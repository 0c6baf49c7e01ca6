"""How well a project should carry over."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.errors import InvalidInput
from libs.events.fit import Fit
from libs.events.labels import Label, LabelKind
from libs.events.profile import Profile
from libs.events.report import NormalisedReport, ReportContent
from libs.places.table import places
from services.recommend.likeness import country_alike, distance_alike, people_alike, sufficient
from services.recommend.ranking.weights import Weights
from services.recommend.record import Record
from services.recommend.transfer import NEUTRAL, Asker, fit

KIRUNA, ROVANIEMI, HAMBURG = 605155, 638936, 2911298


def told(profile: dict[str, Any], *found: Label, **fields: Any) -> Fit:
    asker = Asker.of(Profile.model_validate(profile), places())
    fields = {"title": "Ett projekt", "language": "sv", "sections": (), **fields}
    report = NormalisedReport.model_validate(fields)
    content = ReportContent(report_id="r", version=1, partner="p", report=report)
    return fit(asker, Record(content, found), places())


def at(*names: tuple[str, str | None]) -> list[dict[str, Any]]:
    return [{"country": country, "name": name} for country, name in names]


people = st.floats(0.01, 1e8)
distances = st.floats(0, 10_000)
countries = st.sampled_from(["SE", "FI", "EE", "LT", "PL", "DE", "FR"])


@pytest.mark.parametrize(
    ("measure", "values"),
    [(people_alike, people), (distance_alike, distances), (country_alike, countries)],
)
@given(data=st.data())
def test_likeness_goes_both_ways_and_is_1_for_the_same(
    measure: Any, values: Any, data: st.DataObject
) -> None:
    one, other = data.draw(values), data.draw(values)
    assert measure(one, other) == measure(other, one)
    assert 0 <= measure(one, other) <= 1
    assert measure(one, one) == 1


@pytest.mark.parametrize(
    ("measure", "values"), [(people_alike, people), (distance_alike, distances)]
)
@given(data=st.data())
def test_what_is_further_off_is_no_more_alike(
    measure: Any, values: Any, data: st.DataObject
) -> None:
    low, middle, high = sorted(data.draw(values) for _ in range(3))
    assert measure(low, high) <= measure(low, middle)
    assert measure(low, high) <= measure(middle, high)


@given(st.floats(0, 1e12), st.floats(0, 1e12), st.floats(0, 1e12))
def test_more_is_never_less_sufficient(one: float, other: float, took: float) -> None:
    less, more = sorted((one, other))
    assert 0 <= sufficient(less, took) <= sufficient(more, took) <= 1
    assert sufficient(took, took) == 1


def test_an_unknown_part_counts_as_the_ranking_s_neutral_value() -> None:
    assert Weights.load().neutral == NEUTRAL


def test_nothing_is_said_where_nothing_is_known() -> None:
    for made in (told({}), told({"place": KIRUNA}), told({}, places=at(("SE", "Kiruna")))):
        assert made.overall is None
        assert made.needs.value is None
    assert set(told({}).reasons.values()) == {"not-in-profile"}
    asked = {"place": KIRUNA, "months": 1, "target_groups": ["women"], "sdgs": [5]}
    assert set(told(asked).reasons.values()) == {"not-in-report"}


profiles = st.fixed_dictionaries(
    {},
    optional={
        "country": countries,
        "population": st.integers(1, 50_000_000),
        "density": st.floats(0.01, 50_000),
        "km_to_town": st.floats(0, 100),
        "km_to_city": st.floats(100, 10_000),
    },
)
origins = st.lists(
    st.sampled_from(at(("SE", "Kiruna"), ("FI", None), ("DE", "Hamburg"), ("LV", "?!"))),
    max_size=3,
)


@given(profiles, origins)
def test_a_fit_is_the_mean_of_its_parts_with_unknown_ones_neutral(
    profile: dict[str, Any], where: list[dict[str, Any]]
) -> None:
    made = told(profile, places=where)
    values = [part.value for part in (made.size, made.density, made.remoteness, made.country)]
    if made.overall is None:
        assert values == [None] * 4
    else:
        expected = sum(NEUTRAL if value is None else value for value in values) / 4
        assert made.overall == pytest.approx(expected)
        assert 0 <= made.overall <= 1


@given(profiles, origins)
def test_a_further_place_of_origin_never_lowers_a_fit(
    profile: dict[str, Any], where: list[dict[str, Any]]
) -> None:
    fewer, more = told(profile, places=where[1:]), told(profile, places=where)
    if where[1:] and fewer.overall is not None and more.overall is not None:
        assert more.overall >= fewer.overall


def test_a_place_is_most_like_itself() -> None:
    made = told({"place": KIRUNA}, places=at(("SE", "Kiruna")))
    assert made.overall == 1
    assert made.reasons["country"] == "same-country"


def test_a_northern_town_is_more_like_another_than_like_a_city() -> None:
    near = told({"place": KIRUNA}, places=at(("FI", "Rovaniemi"))).overall
    far = told({"place": KIRUNA}, places=at(("DE", "Hamburg"))).overall
    assert near is not None
    assert far is not None
    assert near > 0.5
    assert far < 0.25


def test_of_several_places_the_most_alike_counts_and_is_said() -> None:
    made = told({"place": KIRUNA}, places=at(("DE", "Hamburg"), ("FI", "Rovaniemi"), ("PL", None)))
    assert made.compared_with is not None
    assert (made.compared_with.name, made.compared_with.id) == ("Rovaniemi", ROVANIEMI)
    assert made.size.code == "higher-there"


def test_of_a_place_that_is_not_known_its_country_is() -> None:
    made = told({"place": KIRUNA}, places=at(("NO", "Langt borte i skogen")))
    assert made.compared_with is not None
    assert made.compared_with.id is None
    assert made.country.code == "same-family"
    assert {made.size.code, made.density.code, made.remoteness.code} == {"not-in-report"}
    assert made.overall == pytest.approx((0.75 + 3 * NEUTRAL) / 4)


def test_given_figures_take_the_place_of_known_ones() -> None:
    hamburg = at(("DE", "Hamburg"))
    assert told({"place": KIRUNA}, places=hamburg).size.value == 0
    made = told({"place": KIRUNA, "population": 1_973_896}, places=hamburg)
    assert made.size.value == 1
    assert made.density.code == "higher-there"


BUDGET = {"amount": 1_000_000, "currency": "SEK"}
STAFFED = [
    {"name": "Nystart", "needs": {"staff": "Två coacher på heltid"}},
    {"name": "Språkvän", "needs": {"staff": "En samordnare på halvtid"}},
    {"name": "Bytesdag", "needs": {"staff": "Den som har tid"}},
]
TWO_YEARS = {"start": "2020-01-01", "end": "2021-12-31"}


@pytest.mark.parametrize(
    ("has", "report", "value", "code"),
    [
        ({"budget": BUDGET}, {"budget": BUDGET}, 1, "enough-money"),
        ({"budget": BUDGET}, {"budget": BUDGET | {"amount": 1e7}}, 0, "less-money"),
        ({"budget": BUDGET | {"amount": 0}}, {"budget": BUDGET}, 0, "less-money"),
        ({"budget": BUDGET}, {"budget": BUDGET | {"currency": "UAH"}}, None, "other-currency"),
        ({"budget": BUDGET}, {}, None, "not-in-report"),
        ({}, {"budget": BUDGET}, None, "not-in-profile"),
        ({"months": 24}, {"period": TWO_YEARS}, 1, "enough-time"),
        ({"months": 1}, {"period": TWO_YEARS}, 0, "less-time"),
        ({"months": 24}, {"period": {"start": "2020-01-01"}}, None, "not-in-report"),
        (
            {"months": 24, "budget": BUDGET},
            {"period": TWO_YEARS, "budget": BUDGET},
            1,
            "enough",
        ),
        (
            {"months": 1, "budget": BUDGET},
            {"period": TWO_YEARS, "budget": BUDGET},
            0,
            "less-time",
        ),
        ({"budget": BUDGET}, {"budget": {"amount": 90_000, "currency": "EUR"}}, 1, "enough-money"),
        ({"budget": BUDGET}, {"budget": {"amount": 1e6, "currency": "EUR"}}, 0, "less-money"),
        ({"staff": 2}, {"methods": STAFFED}, 1, "enough-staff"),
        ({"staff": 0.01}, {"methods": STAFFED}, 0, "less-staff"),
        ({"staff": 2}, {"methods": [{"name": "Mentor"}]}, None, "not-in-report"),
        ({"staff": 2, "budget": BUDGET}, {"methods": STAFFED, "budget": BUDGET}, 1, "enough"),
    ],
)
def test_what_it_took_is_held_against_what_there_is(
    has: dict[str, Any], report: dict[str, Any], value: float | None, code: str
) -> None:
    needs = told(has, **report).needs
    assert (needs.value, needs.code) == (value, code)


def test_a_budget_in_another_currency_is_told_in_the_asker_s() -> None:
    taken = {"amount": 100_000, "currency": "EUR"}
    converted = told({"budget": BUDGET}, budget=taken).converted
    assert converted is not None
    assert converted.budget.currency == "SEK"
    assert 900_000 < converted.budget.amount < 1_300_000
    assert "European Central Bank" in converted.source
    assert told({"budget": BUDGET}, budget=BUDGET).converted is None


def test_what_a_method_takes_of_people_is_cited_and_the_least_of_them_counts() -> None:
    taken = told({"staff": 1}, methods=STAFFED).staff
    assert taken is not None
    assert (taken.full_time, taken.method) == (0.5, "Språkvän")
    assert taken.citation.pointer == "/report/methods/1/needs/staff"
    assert taken.citation.value == "En samordnare på halvtid"


@pytest.mark.parametrize(
    ("given", "found", "value", "code"),
    [
        (["women", "families"], (), 1, "all-named"),
        (["women", "children"], (), 0.5, "some-named"),
        (["children"], (), 0, "others-named"),
        ([], ("families", "women"), 1, "all-named"),
        (["children"], ("families", "women"), 0, "others-named"),
        ([], (), None, "not-in-report"),
    ],
)
def test_for_whom_is_what_is_given_or_else_what_was_found(
    given: list[str], found: tuple[str, ...], value: float | None, code: str
) -> None:
    kind = LabelKind.TARGET_GROUP
    labels = [Label(kind=kind, value=group, confidence=0.9) for group in found]
    asked = {"target_groups": ["women", "families"]}
    part = told(asked, *labels, target_groups=given).target_groups
    assert (part.value, part.code) == (value, code)


def test_goals_likewise() -> None:
    found = Label(kind=LabelKind.SDG, value="11", confidence=0.9)
    assert told({"sdgs": [5, 11]}, sdgs=[11, 12]).sdgs.value == 0.5
    assert told({"sdgs": [11]}, found).sdgs.code == "all-named"
    assert told({"sdgs": [1]}, found).sdgs.value == 0
    assert told({}, found).sdgs.code == "not-in-profile"


@pytest.mark.parametrize(
    ("profile", "pointer"),
    [
        ({"target_groups": ["women", "no-such-group"]}, "/profile/target_groups/1"),
        ({"place": 1}, "/profile/place"),
        ({"place": KIRUNA, "country": "FI"}, "/profile/country"),
        ({"name": "Neustadt", "country": "DE"}, "/profile/name"),
        ({"name": "Ingenstans", "country": "SE"}, "/profile/name"),
    ],
)
def test_what_is_not_known_is_refused(profile: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        Asker.of(Profile.model_validate(profile), places())
    assert [error.pointer for error in raised.value.errors] == [pointer]


def test_a_name_finds_the_place_that_its_id_finds() -> None:
    by_id = Asker.of(Profile(place=KIRUNA), places())
    assert Asker.of(Profile(name="kiruna", country="SE"), places()) == by_id
