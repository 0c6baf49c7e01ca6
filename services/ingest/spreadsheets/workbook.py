"""Reads XLSX, ODS and old Excel files with calamine (MIT, Rust), which runs no macros."""

import datetime as dt
import io
import math

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from libs.errors import FieldError, InvalidInput
from services.ingest.spreadsheets.grid import Cell, Grid, Limits, damaged, over_limits, plain
from services.ingest.spreadsheets.unpacking import check_archive

_MAX_SHEETS = 50


def read_workbook(content: bytes, file_format: str, sheet: str | None) -> Grid:
    """The grid of one sheet: the one asked for, else the largest that can be seen.

    A damaged file may end the process that calls this: see `apart.py`.

    Raises InvalidInput for a damaged or locked file and for a sheet that is not there, TooLarge
    over a limit.
    """
    if file_format != "xls":
        check_archive(content)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
            return _read(workbook, file_format, sheet)
    except PasswordError as error:
        raise InvalidInput(
            "The workbook is locked with a password. Save it without one and send it again.",
            code="encrypted-document",
        ) from error
    except (CalamineError, ValueError, OverflowError, OSError) as error:
        raise damaged() from error


def _read(workbook: CalamineWorkbook, file_format: str, sheet: str | None) -> Grid:
    names = _tables(workbook)
    if sheet is not None and sheet not in workbook.sheet_names:
        raise InvalidInput(
            f"There is no sheet {sheet!r}. The file has: {', '.join(names)}.",
            errors=(FieldError("/sheet", "No such sheet"),),
        )
    wanted = [sheet] if sheet is not None else names
    sheets = [workbook.get_sheet_by_name(name) for name in wanted]
    if not sheets:
        raise InvalidInput("The workbook has no sheet with cells.", code="no-text")
    chosen = max(sheets, key=lambda each: each.height * each.width)
    limits = Limits()
    rows: list[list[Cell]] = []
    for row in chosen.to_python(skip_empty_area=True):
        limits.take(len(row))
        rows.append([_cell(value) for value in row])
    top, left = chosen.start or (0, 0)
    return Grid(
        rows=rows,
        format=file_format,
        first_row=top + 1,
        first_column=left + 1,
        sheet=chosen.name,
        sheets=tuple(names),
    )


def _cell(value: object) -> Cell:
    match value:
        case str():
            return plain(value)
        case bool() | int():
            return value
        case float() if math.isfinite(value):
            return value
        case dt.datetime() if value.time() == dt.time():
            return value.date().isoformat()
        case dt.date() | dt.time():
            return value.isoformat()
        case _:
            return str(value)


def _tables(workbook: CalamineWorkbook) -> list[str]:
    sheets = workbook.sheets_metadata
    if len(sheets) > _MAX_SHEETS:
        raise over_limits()
    return [
        sheet.name
        for sheet in sheets
        if sheet.typ is SheetTypeEnum.WorkSheet and sheet.visible is SheetVisibleEnum.Visible
    ]
