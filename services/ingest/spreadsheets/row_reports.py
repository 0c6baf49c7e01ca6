"""From a table's rows to reports, each with what of it was left out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from libs.errors import FieldError, InvalidInput
from libs.events.bulk import CellWarning
from libs.events.pointers import field_errors
from libs.events.report import ReportSubmission, SectionKind
from libs.events.tables import SECTIONS, ColumnField, TableDefaults
from services.ingest.spreadsheets.dates import read_date, read_period
from services.ingest.spreadsheets.grid import Cell, shown
from services.ingest.spreadsheets.row_budget import budget_of
from services.ingest.spreadsheets.row_cells import ColumnsByField, RowCells
from services.ingest.spreadsheets.row_people import contacts_of, links_of, partners_of
from services.ingest.spreadsheets.row_places import countries_of, places_of
from services.ingest.spreadsheets.row_subjects import (
    language_of,
    sdgs_of,
    target_groups_of,
    themes_of,
)
from services.ingest.spreadsheets.table import Table


@dataclass(frozen=True, slots=True)
class RowReport:
    """A row as a report, or the error for which it is refused."""

    row: int
    report: ReportSubmission | InvalidInput
    warnings: tuple[CellWarning, ...]


class RowReader:
    """Reads the rows of one table; `defaults` fill what a row does not say."""

    def __init__(self, table: Table, defaults: TableDefaults) -> None:
        self._table = table
        self._defaults = defaults
        self._columns = ColumnsByField(table)
        self._one_text = sum(len(table.of(field)) for field in SECTIONS) == 1
        self._seen: dict[str, int] = {}

    def reports(self) -> Iterator[RowReport]:
        """A report for each row, in order."""
        for number, cells in self._table.rows:
            yield self._report(number, cells)

    def _report(self, number: int, cells: Sequence[Cell]) -> RowReport:
        row = self._columns.row(cells)
        fields = self._fields(row)
        try:
            report: ReportSubmission | InvalidInput = ReportSubmission.model_validate(fields)
        except ValidationError as error:
            report = self._refusal(error)
        external_id = fields.get("external_id")
        if external_id and (first := self._seen.setdefault(external_id, number)) != number:
            report = InvalidInput(
                f"Row {first} has the same id, so this would be its next version. Give each row "
                "an id of its own, or map another column to `external_id`.",
                errors=(FieldError("/external_id", f"The same as in row {first}"),),
            )
        return RowReport(number, report, tuple(row.warnings))

    def _fields(self, row: RowCells) -> dict[str, Any]:
        defaults = self._defaults
        countries = countries_of(row, defaults)
        lead = row.text(ColumnField.LEAD_ORGANISATION)
        fields = {
            "title": row.text(ColumnField.TITLE),
            "external_id": row.text(ColumnField.EXTERNAL_ID),
            "language": language_of(row, defaults),
            "programme": row.text(ColumnField.PROGRAMME) or defaults.programme,
            "funder": row.text(ColumnField.FUNDER) or defaults.funder,
            "licence": row.text(ColumnField.LICENCE) or defaults.licence,
            "period": _period(row),
            "budget": budget_of(row, countries, defaults),
            "lead_organisation": {"name": lead} if lead else None,
            "partner_organisations": partners_of(row),
            "places": places_of(row, countries),
            "themes": themes_of(row, defaults),
            "target_groups": target_groups_of(row, defaults),
            "sdgs": sdgs_of(row),
            "contacts": contacts_of(row),
            "links": links_of(row),
            **self._texts(row),
        }
        return {name: value for name, value in fields.items() if value not in (None, [])}

    def _texts(self, row: RowCells) -> dict[str, Any]:
        summary = row.text(ColumnField.SUMMARY)
        sections = [
            {
                "heading": mapped.column.header or None,
                "text": shown(cell),
                "kind": None
                if mapped.field is ColumnField.TEXT
                else SectionKind(str(mapped.field)),
            }
            for mapped, cell in row.all(*SECTIONS)
        ]
        if not sections:
            # A row's only text is its text, whatever its column is called.
            return {"text": summary}
        if self._one_text:
            return {"summary": summary, "text": sections[0]["text"]}
        return {"summary": summary, "sections": sections}

    def _refusal(self, error: ValidationError) -> InvalidInput:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        errors = field_errors(found)  # type: ignore[arg-type]  # ErrorDetails is a TypedDict
        return InvalidInput(
            "The row is no report; see errors.",
            errors=tuple(FieldError(e.pointer, e.detail + self._where(e.pointer)) for e in errors),
        )

    def _where(self, pointer: str) -> str:
        name = pointer.split("/")[1] if pointer else ""
        mapped = self._table.of(ColumnField(name)) if name in set(ColumnField) else ()
        return f" (column “{mapped[0].column.header}”)" if mapped else ""


def _period(row: RowCells) -> dict[str, Any] | None:
    days = {}
    for field, last in ((ColumnField.START, False), (ColumnField.END, True)):
        for mapped, cell in row.all(field):
            day = read_date(cell, last=last, month_first=mapped.column.month_first)
            if day is None:
                row.not_read(mapped.column, cell, "a day")
            else:
                days[field.value] = day
    for mapped, cell in row.all(ColumnField.PERIOD):
        span = read_period(cell)
        if span is None:
            row.not_read(mapped.column, cell, "a period")
        elif not days:
            days = {"start": span[0], "end": span[1]}
    if len(days) > 1 and days["end"] < days["start"]:
        for mapped, _ in row.all(ColumnField.START, ColumnField.END, ColumnField.PERIOD):
            row.warn(mapped.column, "the end is before the start: the period is left out")
        return None
    return days or None
