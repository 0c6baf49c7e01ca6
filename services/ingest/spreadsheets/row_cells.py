"""One row's cells by field, and what of them had to be left out."""

from collections.abc import Iterator, Mapping, Sequence

from libs.events.bulk import CellWarning
from libs.events.tables import ColumnField
from services.ingest.spreadsheets.columns import Column
from services.ingest.spreadsheets.grid import Cell, shown
from services.ingest.spreadsheets.table import MappedColumn, Table

_SHOWN_CHARS = 60


class ColumnsByField:
    """A table's columns by what they fill."""

    def __init__(self, table: Table) -> None:
        self._columns = {field: table.of(field) for field in ColumnField}
        self._first = table.grid.first_column

    def row(self, cells: Sequence[Cell]) -> "RowCells":
        """The cells of a row."""
        return RowCells(self._columns, cells, self._first)


class RowCells:
    """Asked for by field; empty cells are not there."""

    def __init__(
        self,
        columns: Mapping[ColumnField, tuple[MappedColumn, ...]],
        cells: Sequence[Cell],
        first: int,
    ) -> None:
        self._columns = columns
        self._cells = cells
        self._first = first
        self.warnings: list[CellWarning] = []

    def all(self, *fields: ColumnField) -> Iterator[tuple[MappedColumn, Cell]]:
        """The filled cells of these fields, in the order of the fields."""
        for field in fields:
            for mapped in self._columns[field]:
                place = mapped.column.number - self._first
                if place < len(self._cells) and self._cells[place] != "":
                    yield mapped, self._cells[place]

    def first(self, field: ColumnField) -> tuple[MappedColumn, Cell] | None:
        """The filled cell of a field that only one column fills."""
        return next(self.all(field), None)

    def text(self, field: ColumnField) -> str | None:
        """The same as text."""
        found = self.first(field)
        return shown(found[1]) if found else None

    def parts(self, field: ColumnField) -> Iterator[tuple[Column, str]]:
        """What the cells of a field list, each once."""
        seen: set[str] = set()
        for mapped, cell in self.all(field):
            for part in mapped.column.parts(cell):
                if part not in seen:
                    seen.add(part)
                    yield mapped.column, part

    def warn(self, column: Column, detail: str) -> None:
        """Note why a cell is left out."""
        warning = CellWarning(column=column.number, header=column.header, detail=detail)
        if warning not in self.warnings:
            self.warnings.append(warning)

    def not_read(self, column: Column, cell: Cell, expected: str) -> None:
        """Note that a cell is left out because it is not what its column holds."""
        text = shown(cell)
        short = text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 1] + "…"
        self.warn(column, f"“{short}” is not read as {expected}, and left out")
