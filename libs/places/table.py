"""Populated places of the Baltic Sea Region, from GeoNames (https://www.geonames.org, CC BY 4.0).

`python -m quality.places` makes the file. They are points with inhabitants, and no municipalities:
what is told of a municipality by its main place leaves its villages out.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from libs.events import report
from libs.events.places import KnownPlace
from libs.places.folding import folded
from libs.places.municipal import without_kind

FILE: Final = Path(__file__).with_name("places.npz")
COUNTRIES: Final = ("DE", "DK", "EE", "FI", "IS", "LT", "LV", "NO", "PL", "SE")
# Of several places of one name a report means the largest only if it is so much larger.
_CLEARLY_LARGER: Final = 10
# Comes after every letter that a folded name can hold.
_LAST: Final = "\U0010ffff"


class Places:
    """The table. Made once and only read, so it may be used from any thread."""

    def __init__(self, columns: dict[str, np.ndarray[Any, Any]]) -> None:
        self._columns = columns
        self._names = _texts(columns["name"])
        self._regions = _texts(columns["region"])
        self._keys = _texts(columns["key"])

    def __len__(self) -> int:
        return len(self._names)

    def by_id(self, place_id: int) -> KnownPlace | None:
        """The place with an id of GeoNames; None when it is not in the table."""
        ids = self._columns["id"]
        row = int(np.searchsorted(ids, place_id))
        return self._place(row) if row < len(ids) and ids[row] == place_id else None

    def named(self, name: str, country: str) -> tuple[KnownPlace, ...]:
        """All places of a country with this name, in any spelling, largest first.

        Where some have it as their own name, those with it as a further spelling are left out.
        """
        key = folded(name)
        rows = self._rows(key, key + " ", country)
        own = [row for row in rows if folded(self._names[row]) == key]
        return tuple(map(self._place, own or rows)) if key else ()

    def clear(self, name: str, country: str) -> KnownPlace | None:
        """The one place that a name must mean; None when there is none, or several alike."""
        match self.named(name, country):
            case (only,):
                return only
            case (first, second, *_) if first.population >= _CLEARLY_LARGER * second.population:
                return first
        return None

    def starting_with(self, prefix: str, country: str | None, limit: int) -> tuple[KnownPlace, ...]:
        """Places with a spelling that begins so, largest first, at most `limit`.

        Those come before the others whose own name begins so, or a spelling of which is just that.
        """
        key = folded(prefix)
        if not key:
            return ()
        same = set(self._rows(key, key + " ", country))
        rows = self._rows(key, key + _LAST, country)
        rows = sorted(
            rows, key=lambda row: row not in same and not folded(self._names[row]).startswith(key)
        )
        return tuple(map(self._place, rows[:limit]))

    def of(self, place: report.Place) -> KnownPlace | None:
        """The place that a report names; None when it names none, or not clearly.

        Codes (NUTS, LAU) are of areas, which are not in the table.
        """
        if place.name is None:
            return None
        for name in (place.name, *without_kind(place.name)):
            found = self.clear(name, place.country)
            if found:
                return found
        return None

    def _rows(self, first: str, end: str, country: str | None) -> Sequence[int]:
        # Rows whose keys lie in [first, end), each once, largest first and then by id.
        span = slice(bisect_left(self._keys, first), bisect_left(self._keys, end))
        rows = np.unique(self._columns["of_key"][span])
        if country is not None:
            wanted = COUNTRIES.index(country) if country in COUNTRIES else -1
            rows = rows[self._columns["country"][rows] == wanted]
        order = np.argsort(-self._columns["population"][rows], kind="stable")
        ordered: list[int] = rows[order].tolist()
        return ordered

    def _place(self, row: int) -> KnownPlace:
        near, further, far = self._columns["around"][row].tolist()
        town, city = (self._columns["away"][row] / 10).tolist()
        return KnownPlace(
            id=int(self._columns["id"][row]),
            name=self._names[row],
            country=COUNTRIES[self._columns["country"][row]],
            region=self._regions[row],
            latitude=round(float(self._columns["latitude"][row]), 4),
            longitude=round(float(self._columns["longitude"][row]), 4),
            population=int(self._columns["population"][row]),
            population_25_km=near,
            population_50_km=further,
            population_100_km=far,
            km_to_town=town,
            km_to_city=city,
        )


@cache
def places() -> Places:
    """The table, read when it is first asked for."""
    with np.load(FILE, allow_pickle=False) as file:
        return Places(dict(_read(file)))


def _read(file: Any) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    for name in file.files:
        yield name, file[name]


def _texts(lines: np.ndarray[Any, Any]) -> list[str]:
    return lines.tobytes().decode().split("\n")
