"""Amounts in one currency, at the average rates of a year.

`rates.json` is made by `quality/rates.py` of the European Central Bank's reference rates. It is a
table of one date, not a service: what is compared with it stands on a scale that spans a factor of
ten (likeness.py), on which a rate that has moved by a tenth moves little.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from libs.events.report import Budget

FILE: Final = Path(__file__).parent / "rates.json"
EURO: Final = "EUR"
SOURCE: Final = "European Central Bank, euro foreign exchange reference rates"
SIGNIFICANT: Final = 3


@dataclass(frozen=True, slots=True)
class Rate:
    """What a euro cost on average in a year."""

    year: int
    per_euro: float


@dataclass(frozen=True, slots=True)
class Exchanged:
    """An amount in another currency; `year` is that of the rates, of two the older one."""

    budget: Budget
    year: int


@cache
def rates() -> dict[str, Rate]:
    """By currency (ISO 4217), without the euro."""
    stored = json.loads(FILE.read_text(encoding="utf-8"))
    return {currency: Rate(**rate) for currency, rate in stored.items()}


def exchanged(budget: Budget, currency: str) -> Exchanged | None:
    """The same in another currency, through the euro; None where one has no rate."""
    known = [rates().get(code) for code in (budget.currency, currency) if code != EURO]
    found = [rate for rate in known if rate]
    if len(found) < len(known) or not found:
        return None
    amount = budget.amount
    if budget.currency != EURO:
        amount /= found[0].per_euro
    if currency != EURO:
        amount *= found[-1].per_euro
    return Exchanged(_rounded(amount, currency), min(rate.year for rate in found))


def _rounded(amount: float, currency: str) -> Budget:
    # More figures would say that a year's mean is exact.
    return Budget(amount=float(f"{amount:.{SIGNIFICANT}g}"), currency=currency)
