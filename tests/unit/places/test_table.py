"""The table that is shipped."""

import pytest

from libs.events.report import Place
from libs.places.folding import folded
from libs.places.table import COUNTRIES, places

KIRUNA = 605155


def test_a_place_is_found_by_its_id() -> None:
    kiruna = places().by_id(KIRUNA)
    assert kiruna is not None
    assert (kiruna.name, kiruna.country, kiruna.population) == ("Kiruna", "SE", 17037)
    assert (kiruna.latitude, kiruna.longitude) == (67.8557, 20.2251)


@pytest.mark.parametrize("place_id", [1, KIRUNA + 1, 2**31 - 1])
def test_an_id_that_is_not_in_it_finds_nothing(place_id: int) -> None:
    assert places().by_id(place_id) is None


@pytest.mark.parametrize(
    ("name", "country", "found"),
    [
        ("Göteborg", "SE", "Gothenburg"),
        ("GOTEBORG", "SE", "Gothenburg"),
        ("Åbo", "FI", "Turku"),
        ("Reval", "EE", "Tallinn"),
        ("Lodz", "PL", "Łódź"),
        ("rønne", "DK", "Rønne"),
        ("Lycksele kommun", "SE", "Lycksele"),
        ("Göteborgs Stad", "SE", "Gothenburg"),
        ("City of Turku", "FI", "Turku"),
        ("Hansestadt Hamburg", "DE", "Hamburg"),
    ],
)
def test_a_report_s_place_is_found_by_its_name(name: str, country: str, found: str) -> None:
    place = places().of(Place(country=country, name=name))
    assert place is not None
    assert place.name == found


@pytest.mark.parametrize(
    ("name", "country"),
    [
        ("Neustadt", "DE"),  # several, none much larger than the others
        ("Hamburg", "SE"),
        ("Stad", "SE"),
        ("!?", "SE"),
        ("Paris", "FR"),
        ("x" * 1_000, "PL"),
    ],
)
def test_a_name_that_is_not_clear_finds_nothing(name: str, country: str) -> None:
    assert places().of(Place(country=country, name=name)) is None


def test_a_place_without_a_name_is_none() -> None:
    assert places().of(Place(country="SE", nuts="SE332")) is None


def test_a_picker_gets_the_places_that_are_called_so_before_those_that_once_were() -> None:
    found = places().starting_with("göt", None, 3)
    assert found[0].name == "Gothenburg"
    assert [place.name for place in places().starting_with("kiru", "SE", 5)] == ["Kiruna"]


def test_a_picker_gets_the_largest_first_and_no_more_than_it_wants() -> None:
    found = places().starting_with("s", "SE", 7)
    assert len(found) == 7
    assert [p.population for p in found] == sorted((p.population for p in found), reverse=True)
    assert {place.country for place in found} == {"SE"}


@pytest.mark.parametrize(("prefix", "country"), [("", None), ("%", None), ("ki", "FR")])
def test_a_picker_gets_nothing_for_nothing(prefix: str, country: str | None) -> None:
    assert places().starting_with(prefix, country, 50) == ()


def test_every_place_is_among_those_around_it_and_found_by_its_name() -> None:
    table = places()
    assert len(table) > 17_000
    for letter in "abcdefghijklmnopqrstuvwxyz":
        for place in table.starting_with(letter, None, 200):
            around = (place.population_25_km, place.population_50_km, place.population_100_km)
            assert [place.population, *around] == sorted([place.population, *around])
            assert place.km_to_town <= place.km_to_city
            assert place.population < 20_000 or place.km_to_town == 0
            assert place.country in COUNTRIES
            assert place in table.named(place.name, place.country)


@pytest.mark.parametrize(
    ("name", "plain"),
    [("Łódź", "lodz"), ("Åbo–Turku", "abo turku"), ("Straße", "strasse"), ("  _ ", "")],
)
def test_names_are_folded(name: str, plain: str) -> None:
    assert folded(name) == plain
