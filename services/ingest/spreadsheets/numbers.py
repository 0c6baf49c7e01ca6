"""Numbers and amounts of money as the countries around the Baltic Sea write them."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from services.ingest.spreadsheets.grid import Cell
from services.ingest.spreadsheets.wording import currency_words, unit_words

DecimalMark = Literal[".", ","]

KRONA: Final = "kr"
"""Which crown it is must be known from elsewhere."""

_SHORT_UNITS: Final = {"t": 1e3, "k": 1e3, "m": 1e6}
_BLANKS: Final = str.maketrans(dict.fromkeys("\u00a0\u2007\u2009\u202f\t", " "))
_GROUPED: Final = re.compile(
    r"(\d{1,3})((?P<sep>[ .,'’])\d{3}(?:(?P=sep)\d{3})*)(?:(?P<dec>[.,])(\d+))?"
)
_UNGROUPED: Final = re.compile(r"\d+(?:(?P<dec>[.,])(\d+))?")
_MONEY: Final = re.compile(
    r"(?P<before>[^\d\s.,]*)\s*(?P<number>\d[\d .,'’]*?)\s*(?:[.,:]-|,–|:–)?\s*(?P<after>[^\d]*)"
)
_LONGEST: Final = 60
_THOUSAND_HEADER: Final = re.compile(r"\b1[ .,]?000\b(?![ .,]?000)")
_HEADER_WORD: Final = re.compile(r"[€£][tkm]?\b|[tkm]?[€£]|[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount; `currency` as far as it is told beside it, `unit` what a word after it means."""

    amount: float
    currency: str | None = None
    unit: float | None = None


def read_number(text: str, decimal: DecimalMark | None = None) -> float | None:
    """A number, None for what is none.

    Exactly three digits behind a lone mark are thousands, for no money has three decimals,
    unless the column's other numbers show that the mark is its `decimal`.
    """
    text = text.translate(_BLANKS).strip()
    grouped = _GROUPED.fullmatch(text)
    if grouped and grouped["dec"] != grouped["sep"]:
        lone = grouped["dec"] is None and len(grouped[2]) == len(".000")
        if not (lone and grouped["sep"] == decimal):
            whole = grouped[1] + re.sub(r"\D", "", grouped[2])
            return float(f"{whole}.{grouped[5] or 0}")
    if _UNGROUPED.fullmatch(text):
        return float(text.replace(",", "."))
    return None


def decimal_mark(cells: Iterable[Cell]) -> DecimalMark | None:
    """The decimal mark of a column, where one of its numbers leaves no doubt and none differs."""
    found: set[str] = set()
    for cell in cells:
        money = _MONEY.fullmatch(_trimmed(cell)) if isinstance(cell, str) else None
        if money is None:
            continue
        number = money["number"].strip()
        match = _GROUPED.fullmatch(number) or _UNGROUPED.fullmatch(number)
        if match and match["dec"]:
            found.add(match["dec"])
    if found == {","}:
        return ","
    return "." if found == {"."} else None


def read_money(cell: Cell, decimal: DecimalMark | None = None) -> Money | None:
    """An amount of money with what stands beside it; None when any of it is not understood."""
    match cell:
        case bool():
            return None
        case int() | float():
            return Money(float(cell)) if math.isfinite(cell) and cell >= 0 else None
        case _:
            money = _MONEY.fullmatch(_trimmed(cell))
    amount = read_number(money["number"], decimal) if money else None
    if money is None or amount is None:
        return None
    return _with_words(amount, f"{money['before']} {money['after']}".lower().split())


def told_by_header(header: str) -> tuple[float | None, str | None]:
    """Unit and currency that a column's header tells of its amounts: `Budget (tkr)`."""
    unit: float | None = 1e3 if _THOUSAND_HEADER.search(header) else None
    currency: str | None = None
    for word in _HEADER_WORD.findall(header.lower()):
        understood = _understood(word)
        # A lone letter is more often something else than a unit.
        if understood and (len(word) > 1 or word in "€£"):
            unit, currency = understood[0] or unit, understood[1] or currency
    return unit, currency


def currency_of(text: str) -> str | None:
    """The currency that a word or sign names: a code of ISO 4217, or KRONA."""
    understood = _understood(text.strip().lower())
    return understood[1] if understood and not understood[0] else None


def _with_words(amount: float, words: list[str]) -> Money | None:
    unit: float | None = None
    currency: str | None = None
    for word in words:
        understood = _understood(word) or _understood(word.rstrip("."))
        if understood is None:
            return None
        # Told twice, the two might contradict each other.
        if (unit and understood[0]) or (currency and understood[1]):
            return None
        unit, currency = understood[0] or unit, understood[1] or currency
    return Money(amount, currency, unit)


def _understood(word: str) -> tuple[float | None, str | None] | None:
    currencies, units = currency_words(), unit_words()
    if word in currencies:
        return None, currencies[word]
    if word in units:
        return units[word], None
    if word[:1] in _SHORT_UNITS and word[1:] in currencies:
        return _SHORT_UNITS[word[0]], currencies[word[1:]]
    if word[-1:] in _SHORT_UNITS and word[:-1] in {"€", "£"}:
        return _SHORT_UNITS[word[-1]], currencies[word[:-1]]
    return None


def _trimmed(cell: str) -> str:
    return cell.translate(_BLANKS).strip() if len(cell) <= _LONGEST else ""
