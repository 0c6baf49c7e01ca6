"""The cells of a file, whatever its format was, and the limits that hold for all of them."""

from dataclasses import dataclass

from libs.errors import InvalidInput, TooLarge
from services.ingest.parsing.cleaning import clean

Cell = str | int | float | bool
"""As the file holds it, days as ISO text; an empty one is the empty text."""

MAX_ROWS = 100_000
MAX_COLUMNS = 1_000
# Some 65 MB of the service for each table that is being taken in.
MAX_CELLS = 1_000_000


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of cells, not all of one length, and how the file was read.

    `first_row` and `first_column` say where the corner stands in the file, from 1.
    """

    rows: list[list[Cell]]
    format: str
    first_row: int = 1
    first_column: int = 1
    encoding: str | None = None
    separator: str | None = None
    sheet: str | None = None
    sheets: tuple[str, ...] = ()


class Limits:
    """Counts while rows are read, so that reading stops before memory does."""

    def __init__(self) -> None:
        self._rows = 0
        self._cells = 0

    def take(self, width: int) -> None:
        """Count a row. Raises TooLarge over a limit."""
        self._rows += 1
        self._cells += width
        if self._rows > MAX_ROWS or width > MAX_COLUMNS or self._cells > MAX_CELLS:
            raise over_limits()


def over_limits() -> TooLarge:
    """What is said of a table over a limit."""
    return TooLarge(
        f"The table has more than {MAX_ROWS:,} rows, {MAX_COLUMNS:,} columns or {MAX_CELLS:,} "
        "cells. Delete rows and columns that are empty but formatted, or send it in parts."
    )


def damaged() -> InvalidInput:
    """What is said of a file that cannot be read."""
    return InvalidInput(
        "The table is damaged or of a kind that is not read here. Open it in a spreadsheet "
        "program, save it as XLSX or CSV, and send that.",
        code="unreadable-document",
    )


def plain(text: str) -> str:
    """A text cell without invisible characters, and without blanks around it."""
    return text.strip() if text.isascii() and text.isprintable() else clean(text)


def shown(cell: Cell) -> str:
    """A cell as a person reads it."""
    match cell:
        case bool():
            return str(cell).lower()
        case float() if cell.is_integer() and abs(cell) < 1e15:  # noqa: PLR2004 - exact up to here
            return str(int(cell))
        case _:
            return str(cell)
