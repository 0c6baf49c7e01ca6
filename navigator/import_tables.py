"""Tables as they are handed over: the file, and what its sender knows about it."""

from pathlib import Path
from typing import Final

from libs.events.tables import ColumnChoice, TableMapping, TablePreview
from navigator.client import Form, GatewayError

TABLES: Final = frozenset({".csv", ".tsv", ".xlsx", ".xlsm", ".ods", ".xls"})


def table_form(
    file: Path,
    *,
    mapping: Path | None,
    defaults: str | None,
    sheet: str | None,
    language: str | None,
) -> Form:
    """The form of a table. Raises GatewayError for defaults that cannot be read."""
    parts = {
        "mapping": mapping.read_bytes() if mapping else None,
        "defaults": _defaults(defaults) if defaults else None,
        "sheet": sheet,
        "language": language,
    }
    told = {name: (None, value) for name, value in parts.items() if value}
    return {"files": {"document": (file.name, file.read_bytes()), **told}}


def save_mapping(preview: TablePreview, path: Path) -> None:
    """Write what the columns are taken for, to be corrected and given back.

    Raises GatewayError where it cannot be written.
    """
    columns = [
        ColumnChoice(
            column=each.column,
            header=each.header,
            field=each.field,
            unit=each.unit,
            currency=each.currency,
        )
        for each in preview.columns
    ]
    mapping = TableMapping(header_row=preview.header_row, columns=tuple(columns))
    try:
        path.write_text(mapping.model_dump_json(indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise GatewayError(f"The mapping cannot be written: {error}.") from error


def _defaults(given: str) -> bytes:
    if given.lstrip().startswith("{"):
        return given.encode()
    try:
        return Path(given).read_bytes()
    except OSError as error:
        raise GatewayError(
            f'--defaults is neither a JSON object such as {{"country": "SE"}} nor a file of one: '
            f"{error}."
        ) from error
