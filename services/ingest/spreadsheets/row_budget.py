"""What a row's project cost: never more than the cell, its header and the sender say."""

from typing import Any

from libs.events.tables import ColumnField, TableDefaults
from services.ingest.spreadsheets.numbers import KRONA, currency_of, read_money
from services.ingest.spreadsheets.row_cells import RowCells

_KRONAS = {"SE": "SEK", "DK": "DKK", "NO": "NOK", "IS": "ISK"}


def budget_of(
    row: RowCells, countries: list[str], defaults: TableDefaults
) -> dict[str, Any] | None:
    """Amount and currency, None where one of them is not told beyond doubt."""
    found = row.first(ColumnField.BUDGET)
    if found is None:
        return None
    mapped, cell = found
    money = read_money(cell, mapped.column.decimal)
    if money is None:
        row.not_read(mapped.column, cell, "an amount of money")
        return None
    if mapped.unit_doubted and not money.unit:
        row.warn(
            mapped.column,
            "the amounts are too large for the unit in the header, and left out; set the column's "
            "`unit` in the mapping (1 if they are whole)",
        )
        return None
    told = money.currency or _in_its_column(row) or mapped.currency
    currency = _krona(countries, defaults) if told == KRONA else told or defaults.currency
    if currency is None:
        row.warn(mapped.column, "no cell, header or default says the currency: left out")
        return None
    return {"amount": money.amount * (money.unit or mapped.unit or 1), "currency": currency}


def _in_its_column(row: RowCells) -> str | None:
    found = row.first(ColumnField.CURRENCY)
    if found is None:
        return None
    mapped, cell = found
    currency = currency_of(str(cell))
    if currency is None:
        row.not_read(mapped.column, cell, "a currency")
    return currency


def _krona(countries: list[str], defaults: TableDefaults) -> str | None:
    if defaults.currency in _KRONAS.values():
        return defaults.currency
    return _KRONAS.get(countries[0]) if len(countries) == 1 else None
