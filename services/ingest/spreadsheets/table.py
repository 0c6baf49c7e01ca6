"""A grid with its headers found and each column's field decided: guessed, or told."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from libs.errors import FieldError, InvalidInput
from libs.events.tables import (
    SEVERAL_COLUMNS,
    ColumnChoice,
    ColumnField,
    ColumnGuess,
    TableMapping,
)
from services.ingest.spreadsheets.columns import Column
from services.ingest.spreadsheets.grid import Cell, Grid
from services.ingest.spreadsheets.guessing import Guess, guess
from services.ingest.spreadsheets.headers import header_row, header_text
from services.ingest.spreadsheets.numbers import read_money, told_by_header

# No project around here costs ten billion: where most would, the header's unit is a mistake.
_MOST_MONEY: Final = 1e10


@dataclass(frozen=True, slots=True)
class MappedColumn:
    """A column with its field; `unit` and `currency` as its header or the sender tells them."""

    column: Column
    guess: Guess
    unit: float | None = None
    currency: str | None = None
    unit_doubted: bool = False

    @property
    def field(self) -> ColumnField | None:
        """What it is taken for."""
        return self.guess.field

    def told(self) -> ColumnGuess:
        """As it is shown to people."""
        return ColumnGuess(
            column=self.column.number,
            header=self.column.header,
            field=self.field,
            confidence=self.guess.confidence,
            because=self.guess.because,
            # A mapping that is saved and given back must not tell what is doubted.
            unit=None if self.unit_doubted else self.unit,
            currency=self.currency if self.currency != "kr" else None,
            filled=self.column.filled,
            examples=self.column.examples(),
        )


@dataclass(frozen=True, slots=True)
class Table:
    """Columns, and the rows below the header with their numbers in the file; no empty rows."""

    grid: Grid
    header_row: int
    columns: tuple[MappedColumn, ...]
    rows: tuple[tuple[int, Sequence[Cell]], ...]

    def of(self, field: ColumnField) -> tuple[MappedColumn, ...]:
        """The columns that fill a field."""
        return tuple(each for each in self.columns if each.field is field)


def read_table(grid: Grid, mapping: TableMapping) -> Table:
    """The table in a grid.

    Raises InvalidInput when there is none, or the mapping speaks of what is not there; pointers
    begin with `/mapping`.
    """
    index = _header_index(grid, mapping)
    rows = tuple(
        (grid.first_row + place, row)
        for place, row in enumerate(grid.rows)
        if place > index and any(cell != "" for cell in row)
    )
    if not rows:
        raise InvalidInput("The table has no rows below its headers.", code="no-text")
    columns = list(_columns(grid, index, [row for _, row in rows]))
    return Table(
        grid=grid,
        header_row=grid.first_row + index,
        columns=tuple(_mapped(columns, mapping.columns)),
        rows=rows,
    )


def _header_index(grid: Grid, mapping: TableMapping) -> int:
    if mapping.header_row is None:
        return header_row(grid.rows)
    index = mapping.header_row - grid.first_row
    if not 0 <= index < len(grid.rows):
        raise InvalidInput(
            f"There is no row {mapping.header_row} in this table.",
            errors=(FieldError("/mapping/header_row", "No such row"),),
        )
    return index


def _columns(grid: Grid, index: int, rows: Sequence[Sequence[Cell]]) -> Iterator[Column]:
    header = grid.rows[index]
    for place in range(max(map(len, [header, *rows]))):
        text = header_text(header[place]) if place < len(header) else ""
        cells = tuple(row[place] if place < len(row) else "" for row in rows)
        if text or any(cell != "" for cell in cells):
            yield Column(grid.first_column + place, text, cells)


def _mapped(columns: list[Column], choices: Sequence[ColumnChoice]) -> Iterator[MappedColumn]:
    told = dict(_resolved(columns, choices))
    held: set[ColumnField] = set()
    for index, choice in enumerate(choices):
        if choice.field in held and choice.field not in SEVERAL_COLUMNS:
            raise _wrong(index, "field", f"Another column is `{choice.field}` already")
        if choice.field is not None:
            held.add(choice.field)
    free = [column for column in columns if column.number not in told]
    guessed = dict(
        zip((column.number for column in free), guess(free, frozenset(held)), strict=True)
    )
    for column in columns:
        if (own := told.get(column.number)) is None:
            yield _with_unit(column, guessed[column.number], None)
        else:
            yield _with_unit(column, Guess(own.field, 1.0, "told"), own)


def _resolved(
    columns: list[Column], choices: Sequence[ColumnChoice]
) -> Iterator[tuple[int, ColumnChoice]]:
    seen: set[int] = set()
    for index, choice in enumerate(choices):
        fits = [
            column.number
            for column in columns
            if choice.column in {None, column.number}
            and (choice.header is None or header_text(choice.header) == column.header)
        ]
        if not fits:
            raise _wrong(index, "header", "There is no such column in this table")
        if len(fits) > 1:
            raise _wrong(index, "header", "Several columns have this header: add `column`")
        if fits[0] in seen:
            raise _wrong(index, "column", "The column is named twice")
        seen.add(fits[0])
        yield fits[0], choice


def _wrong(index: int, name: str, detail: str) -> InvalidInput:
    return InvalidInput(
        "The mapping does not fit the table; see errors. A dry run shows its columns.",
        errors=(FieldError(f"/mapping/columns/{index}/{name}", detail),),
    )


def _with_unit(column: Column, found: Guess, choice: ColumnChoice | None) -> MappedColumn:
    if found.field is not ColumnField.BUDGET:
        return MappedColumn(column, found)
    unit, currency = told_by_header(column.header)
    told_unit = choice.unit if choice else None
    doubted = told_unit is None and unit is not None and _typical(column) * unit > _MOST_MONEY
    return MappedColumn(
        column,
        found,
        unit=told_unit or unit,
        currency=(choice.currency if choice else None) or currency,
        unit_doubted=doubted,
    )


def _typical(column: Column) -> float:
    amounts = [read_money(cell, column.decimal) for cell in column.sample]
    return median([money.amount for money in amounts if money] or [0.0])
