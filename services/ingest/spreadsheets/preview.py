"""What a file would become, told before anything of it is taken in."""

from collections.abc import Iterator

from libs.errors import InvalidInput
from libs.events.bulk import CellWarning
from libs.events.tables import (
    SECTIONS,
    ColumnField,
    PreviewRow,
    RowProblem,
    TableDefaults,
    TablePreview,
    WarningCount,
)
from libs.runtime.problems import problem_of
from services.ingest.spreadsheets.row_reports import RowReader
from services.ingest.spreadsheets.table import Table

_MOST_PROBLEMS = 100
_MOST_WARNINGS = 200


def preview(table: Table, defaults: TableDefaults, most: int) -> TablePreview:
    """The mapping, the first `most` reports, and everything that would be refused or left out."""
    reports: list[PreviewRow] = []
    problems: list[RowProblem] = []
    refused = 0
    warnings: dict[tuple[int, str], WarningCount] = {}
    for each in RowReader(table, defaults).reports():
        _count(warnings, each.row, each.warnings)
        if isinstance(each.report, InvalidInput):
            refused += 1
            if len(problems) < _MOST_PROBLEMS:
                problems.append(RowProblem(row=each.row, problem=problem_of(each.report)))
        elif len(reports) < most:
            shown = each.report.model_dump(mode="json", exclude_defaults=True)
            reports.append(PreviewRow(row=each.row, report=shown, warnings=each.warnings))
    return TablePreview(
        format=table.grid.format,
        encoding=table.grid.encoding,
        separator=table.grid.separator,
        sheet=table.grid.sheet,
        sheets=table.grid.sheets,
        header_row=table.header_row,
        rows=len(table.rows),
        accepted=len(table.rows) - refused,
        refused=refused,
        columns=tuple(mapped.told() for mapped in table.columns),
        unmapped=tuple(
            mapped.column.header or f"column {mapped.column.number}"
            for mapped in table.columns
            if mapped.field is None and mapped.column.filled
        ),
        notes=tuple(_notes(table)),
        reports=tuple(reports),
        problems=tuple(problems),
        warnings=tuple(warnings.values()),
    )


def _count(
    warnings: dict[tuple[int, str], WarningCount], row: int, found: tuple[CellWarning, ...]
) -> None:
    for each in found:
        # Cells that are not read differ in what they hold, not in why.
        key = (each.column, each.detail.rpartition("”")[2])
        before = warnings.get(key)
        if before is not None:
            warnings[key] = before.model_copy(update={"rows": before.rows + 1})
        elif len(warnings) < _MOST_WARNINGS:
            warnings[key] = WarningCount(**each.model_dump(), rows=1, first_row=row)


def why_useless(table: Table) -> Iterator[str]:
    """Why no row of the table can become a report, if so."""
    if not table.of(ColumnField.TITLE):
        yield "No column is taken for the title, so every row is refused: name it in the mapping."
    if not any(table.of(field) for field in (*SECTIONS, ColumnField.SUMMARY)):
        yield "No column is taken for a text, so every row is refused: name one in the mapping."


def _notes(table: Table) -> Iterator[str]:
    yield from why_useless(table)
    if not table.of(ColumnField.EXTERNAL_ID):
        yield (
            "No column holds an id of each row: a row that is corrected and sent again will be "
            "another report, not the next version of this one."
        )
