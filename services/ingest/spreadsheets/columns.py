"""One column of a table: its header, its cells, and what its cells show that it holds."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from libs.events.tables import ColumnField
from services.ingest.spreadsheets.dates import month_comes_first, read_date, read_period
from services.ingest.spreadsheets.grid import Cell, shown
from services.ingest.spreadsheets.numbers import DecimalMark, decimal_mark, read_money
from services.ingest.spreadsheets.wording import countries, fold, languages

URL: Final = re.compile(r"(?:https?://|www\.)[^\s;|<>\"]+", re.IGNORECASE)
EMAIL: Final = re.compile(r"[^@\s;,<>()]+@[^@\s;,<>()]+\.[^@\s;,<>()]+")
NUTS: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{1,3}")
SDG: Final = re.compile(r"(?:sdg|goal|mål|mal|ziel|cel)?\s*#?\s*(1[0-7]|[1-9])\b", re.IGNORECASE)
_SAMPLE: Final = 300
_PARTS: Final = re.compile(r"\s*[;|\n]\s*")
_COMMA_PARTS: Final = re.compile(r"\s*[;|\n,]\s*")
_EXAMPLES: Final = 3
_EXAMPLE_CHARS: Final = 80


@dataclass(frozen=True)
class Column:
    """A column by its number in the file."""

    number: int
    header: str
    cells: tuple[Cell, ...]

    @cached_property
    def sample(self) -> tuple[Cell, ...]:
        """Cells that hold something, from all over the column and not too many."""
        filled = [cell for cell in self.cells if cell != ""]
        return tuple(filled[:: len(filled) // _SAMPLE + 1])

    @cached_property
    def filled(self) -> int:
        """How many cells hold something."""
        return sum(cell != "" for cell in self.cells)

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The sample as text."""
        return tuple(map(shown, self.sample))

    @cached_property
    def mean_length(self) -> float:
        """Characters in a cell that holds something."""
        return sum(map(len, self.texts)) / max(1, len(self.texts))

    @cached_property
    def unique(self) -> float:
        """How many of the sample's values are different ones, from 0 to 1."""
        return len(set(self.texts)) / max(1, len(self.texts))

    @cached_property
    def decimal(self) -> DecimalMark | None:
        """The decimal mark of its numbers, where there is no doubt."""
        return decimal_mark(self.sample)

    @cached_property
    def month_first(self) -> bool:
        """True where its days are written as in America."""
        return month_comes_first(self.sample)

    @cached_property
    def listed_by_comma(self) -> bool:
        """True where a comma parts things that come again in other rows, as towns do.

        Otherwise it may as well belong to an address or a name.
        """
        parts = [part for text in self.texts for part in _COMMA_PARTS.split(text) if part]
        many = len(parts) > len(self.texts)
        bare = not any(char.isdigit() for part in parts for char in part)
        return many and bare and len(set(parts)) <= len(parts) / 2

    def parts(self, cell: Cell) -> list[str]:
        """The things that a cell lists."""
        splitter = _COMMA_PARTS if self.listed_by_comma else _PARTS
        return [part for part in splitter.split(shown(cell)) if part]

    def share(self, fits: Callable[[Cell], object]) -> float:
        """How much of the sample fits, from 0 to 1."""
        return sum(bool(fits(cell)) for cell in self.sample) / max(1, len(self.sample))

    def examples(self) -> tuple[str, ...]:
        """The first different values, not too long."""
        firsts = tuple(dict.fromkeys(self.texts))[:_EXAMPLES]
        return tuple(
            text if len(text) <= _EXAMPLE_CHARS else text[: _EXAMPLE_CHARS - 1] + "…"
            for text in firsts
        )


def evidence(column: Column, field: ColumnField) -> float:
    """How well a column's cells fit a field, from 0 to 1; half where they say nothing."""
    test = _TESTS.get(field)
    return test(column) if test and column.sample else 0.5


def _money(column: Column) -> float:
    amounts = [read_money(cell, column.decimal) for cell in column.sample]
    some = any(money and money.amount > 0 for money in amounts)
    return sum(money is not None for money in amounts) / len(amounts) if some else 0.0


def _title(column: Column) -> float:
    if _wordy(column, letters=1) < 0.5:  # noqa: PLR2004 - half
        return 0.0
    fits = 3 <= column.mean_length <= 250  # noqa: PLR2004 - a word to three lines
    return (0.5 if fits else 0.1) + 0.5 * column.unique if column.unique > 0.3 else 0.1  # noqa: PLR2004 - a category repeats


def _identifier(column: Column) -> float:
    return float(column.unique == 1 and column.mean_length <= 100)  # noqa: PLR2004 - an id is short


def _prose(column: Column) -> float:
    # Short texts are texts too; numbers and days are none.
    long = min(1.0, max(0.5, column.mean_length / 80))
    return long if _wordy(column, letters=1) > 0.5 else 0.0  # noqa: PLR2004 - half


def _name(column: Column) -> float:
    words = _wordy(column, letters=2)
    return words if column.mean_length <= 400 else 0.2  # noqa: PLR2004 - longer is prose


def _wordy(column: Column, *, letters: int) -> float:
    return column.share(
        lambda cell: isinstance(cell, str) and sum(map(str.isalpha, cell)) >= letters
    )


def _dates(column: Column) -> float:
    return column.share(lambda cell: read_date(cell, month_first=column.month_first))


def _text_share(column: Column, fits: Callable[[str], object]) -> float:
    return sum(bool(fits(text)) for text in column.texts) / max(1, len(column.texts))


_TESTS: Final[dict[ColumnField, Callable[[Column], float]]] = {
    ColumnField.TITLE: _title,
    ColumnField.EXTERNAL_ID: _identifier,
    ColumnField.SUMMARY: _prose,
    ColumnField.TEXT: _prose,
    ColumnField.CHALLENGE: _prose,
    ColumnField.METHOD: _prose,
    ColumnField.NEEDS: _prose,
    ColumnField.RESULTS: _prose,
    ColumnField.FAILURES: _prose,
    ColumnField.LESSONS: _prose,
    ColumnField.FUNDER: _name,
    ColumnField.PROGRAMME: _name,
    ColumnField.LEAD_ORGANISATION: _name,
    ColumnField.PARTNERS: _name,
    ColumnField.PLACE: _name,
    ColumnField.START: _dates,
    ColumnField.END: _dates,
    ColumnField.PERIOD: lambda column: column.share(read_period),
    ColumnField.BUDGET: _money,
    ColumnField.CURRENCY: lambda column: _text_share(column, lambda t: len(t) == len("EUR")),
    ColumnField.COUNTRY: lambda column: _text_share(
        column, lambda text: all(fold(part) in countries() for part in _COMMA_PARTS.split(text))
    ),
    ColumnField.LANGUAGE: lambda column: _text_share(column, lambda t: fold(t) in languages()),
    ColumnField.NUTS: lambda column: _text_share(
        column, lambda t: NUTS.fullmatch(t) and t[:2].lower() in countries()
    ),
    ColumnField.LINK: lambda column: _text_share(column, URL.search),
    ColumnField.CONTACT_EMAIL: lambda column: _text_share(column, EMAIL.search),
    ColumnField.SDGS: lambda column: _text_share(column, SDG.search),
}
