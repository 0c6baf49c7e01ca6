"""Days and periods as the countries around the Baltic Sea write them."""

import datetime as dt
import re
from calendar import monthrange
from collections.abc import Iterable
from typing import Final

from services.ingest.spreadsheets.grid import Cell
from services.ingest.spreadsheets.wording import fold, months

_YEARS: Final = range(1900, 2101)
_CENTURY_TURN: Final = 70  # 69 is 2069, 70 is 1970
_LONGEST: Final = 60
_TIME: Final = re.compile(r"[T ]\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?$")
_YEAR_FIRST: Final = re.compile(r"(\d{4})([-./])(\d{1,2})(?:\2(\d{1,2}))?\.?")
_YEAR_LAST: Final = re.compile(r"(\d{1,2})(?:\. ?|[-/])(\d{1,2})(?:\. ?|[-/])(\d{4}|\d{2})\.?")
_MONTH_YEAR: Final = re.compile(r"(\d{1,2})[./-](\d{4})")
_YEAR_ALONE: Final = re.compile(r"(\d{4})(?:\.0|\.|(\d{2})(\d{2}))?")
_SLASHED: Final = re.compile(r"(\d{1,2})/(\d{1,2})/\d{2,4}")
_ORDINAL: Final = re.compile(r"(\d{1,2})(?:st|nd|rd|th)\b", re.IGNORECASE)
# Words for "year", "day" and "the" that stand in a written date.
_FILLERS: Final = frozenset({"m", "d", "g", "gada", "den", "the", "of", "r", "roku", "metu", "a"})
_YEARS_SPAN: Final = re.compile(r"(\d{4})\s*[-–—/]\s*(\d{4})")
_SPAN: Final = re.compile(
    r"\s*[–—]\s*|\s+-\s+|\.{2,3}|\s+(?:to|till|until|till och med|bis|do|iki|līdz|kuni|til)\s+"
)
_DEC: Final = 12


def read_date(cell: Cell, *, last: bool = False, month_first: bool = False) -> dt.date | None:
    """A day, None for what is none; of a month or a year alone its first day, or the `last`."""
    match cell:
        case bool():
            return None
        case int() | float():
            year = int(cell) if cell in _YEARS else 0
            return _day(year, None, None, last=last)
        case _:
            return _read(cell, last=last, month_first=month_first)


def read_period(cell: Cell) -> tuple[dt.date, dt.date] | None:
    """First and last day of a span such as `2019–2021` or `1.3.2019 - 31.8.2021`, else None."""
    if not isinstance(cell, str) or len(cell) > _LONGEST:
        return None
    years = _YEARS_SPAN.fullmatch(cell.strip())
    parts = list(years.groups()) if years else _SPAN.split(cell.strip())
    if len(parts) != len(("start", "end")):
        return None
    start, end = read_date(parts[0]), read_date(parts[1], last=True)
    return (start, end) if start and end else None


def month_comes_first(cells: Iterable[Cell]) -> bool:
    """True for a column in which `3/25/2020` shows that its days are written as in America."""
    matches = [m for cell in cells if isinstance(cell, str) and (m := _SLASHED.match(cell))]
    return any(int(m[2]) > _DEC for m in matches) and all(int(m[1]) <= _DEC for m in matches)


def _read(text: str, *, last: bool, month_first: bool) -> dt.date | None:
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    text = _TIME.sub("", text)
    if m := _YEAR_ALONE.fullmatch(text):
        digits = (int(m[2]), int(m[3])) if m[2] else (None, None)
        return _day(int(m[1]), *digits, last=last)
    if m := _YEAR_FIRST.fullmatch(text):
        return _day(int(m[1]), int(m[3]), int(m[4]) if m[4] else None, last=last)
    if m := _YEAR_LAST.fullmatch(text):
        day, month = (m[2], m[1]) if month_first and "/" in text else (m[1], m[2])
        return _day(_year(m[3]), int(month), int(day), last=last)
    if m := _MONTH_YEAR.fullmatch(text):
        return _day(int(m[2]), int(m[1]), None, last=last)
    return _written(text, last=last)


def _written(text: str, *, last: bool) -> dt.date | None:
    words = [word for word in fold(_ORDINAL.sub(r"\1", text)).split() if word not in _FILLERS]
    named = [months()[word] for word in words if word in months()]
    numbers = [word for word in words if word.isascii() and word.isdigit()]
    if len(named) != 1 or len(numbers) + 1 != len(words):
        return None
    match numbers:
        case [year] if len(year) == len("2020"):
            return _day(int(year), named[0], None, last=last)
        case [year, day] if len(year) == len("2020"):
            return _day(int(year), named[0], int(day), last=last)
        case [day, year] if len(year) in {len("20"), len("2020")}:
            return _day(_year(year), named[0], int(day), last=last)
        case _:
            return None


def _year(text: str) -> int:
    year = int(text)
    if len(text) > len("20"):
        return year
    return year + (2000 if year < _CENTURY_TURN else 1900)


def _day(year: int, month: int | None, day: int | None, *, last: bool) -> dt.date | None:
    if month is None:
        month = _DEC if last else 1
    if year not in _YEARS or not 1 <= month <= _DEC:
        return None
    if day is None:
        day = monthrange(year, month)[1] if last else 1
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
