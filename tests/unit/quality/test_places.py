"""How the table of places is made."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.places.distances import kilometres, unit_vectors
from libs.places.table import Places
from quality.places import counted_once, table

DEGREE_KM = 111.195


def city(number: int, name: str, north: float, people: int, **more: Any) -> dict[str, Any]:
    return {
        "geonameid": number,
        "name": name,
        "latitude": 60 + north,
        "longitude": 20.0,
        "population": people,
        "countrycode": "SE",
        "admin1code": "01",
        "alternatenames": [],
    } | more


CITIES = [
    city(3, "Stor", 0, 150_000, alternatenames=["Große", "STO", "Большой"]),
    city(1, "Liten", 0.4, 600),
    city(2, "Mellan", 0.8, 30_000),
    city(4, "By", 0.2, 499),
    city(5, "Utomlands", 0.41, 9_000, countrycode="RU"),
    city(6, "Kvarter", 0.01, 40_000),
]


def test_what_lies_around_is_counted_across_borders_and_once() -> None:
    made = Places(table(CITIES))
    liten = made.by_id(1)
    assert liten is not None
    assert liten.population_25_km == 600 + 9_000
    assert liten.population_50_km == 600 + 9_000 + 150_000 + 30_000
    # The nearest place of 20,000 is a quarter of the city: it is nearer than the centre.
    assert liten.km_to_town == pytest.approx(0.39 * DEGREE_KM, abs=0.1)
    assert liten.km_to_city == pytest.approx(0.4 * DEGREE_KM, abs=0.1)


def test_only_places_of_the_region_with_500_inhabitants_are_in_it() -> None:
    made = Places(table(CITIES))
    assert [made.by_id(number) is not None for number in range(1, 7)] == [
        *(True, True, True),
        *(False, False, True),
    ]


def test_spellings_in_latin_letters_find_a_place_and_codes_do_not() -> None:
    made = Places(table(CITIES))
    assert [place.name for place in made.named("Grosse", "SE")] == ["Stor"]
    assert made.named("STO", "SE") == made.named("Большой", "SE") == ()


def test_a_place_in_another_region_is_no_quarter() -> None:
    assert len(counted_once(CITIES)) == len(CITIES) - 1
    apart = [*CITIES[:-1], CITIES[-1] | {"admin1code": "02"}]
    assert counted_once(apart) == apart


def test_the_same_data_makes_the_same_table() -> None:
    one, other = table(CITIES), table(CITIES[::-1])
    assert all(np.array_equal(one[name], other[name]) for name in one)


points = st.tuples(
    st.floats(-90, 90, allow_subnormal=False), st.floats(-180, 180, allow_subnormal=False)
)


def between(one: tuple[float, float], other: tuple[float, float]) -> float:
    ends = np.array([one, other])
    vectors = unit_vectors(ends[:, 0], ends[:, 1])
    return float(kilometres(vectors[:1], vectors[1:])[0, 0])


@given(points, points)
def test_a_distance_is_the_same_both_ways_and_at_most_half_around(
    one: tuple[float, float], other: tuple[float, float]
) -> None:
    assert between(one, other) == pytest.approx(between(other, one), abs=1e-3)
    assert 0 <= between(one, other) <= 20_016
    assert between(one, one) == pytest.approx(0, abs=1e-3)


def test_a_known_distance() -> None:
    # Stockholm to Helsinki, centre to centre.
    assert between((59.3293, 18.0686), (60.1699, 24.9384)) == pytest.approx(396, abs=2)
