"""Where a row's project took place: countries, NUTS and LAU codes and names put together."""

from typing import Any

from libs.events.tables import ColumnField, TableDefaults
from services.ingest.spreadsheets.columns import NUTS
from services.ingest.spreadsheets.row_cells import RowCells
from services.ingest.spreadsheets.wording import countries, fold

_OWN_CODES = {"EL": "GR", "UK": "GB"}
"""Countries that NUTS codes call otherwise than ISO 3166."""


def countries_of(row: RowCells, defaults: TableDefaults) -> list[str]:
    """The row's countries, else the one that holds for all rows."""
    found: list[str] = []
    for mapped, cell in row.all(ColumnField.COUNTRY):
        whole = countries().get(fold(str(cell)))
        parts = [str(cell)] if whole else str(cell).replace(",", ";").split(";")
        for part in filter(str.strip, parts):
            code = countries().get(fold(part))
            if code is None:
                row.not_read(mapped.column, part.strip(), "a country")
            elif code not in found:
                found.append(code)
    if not found and not any(row.all(ColumnField.COUNTRY)) and defaults.country:
        found.append(defaults.country)
    return found


def places_of(row: RowCells, known: list[str]) -> list[dict[str, Any]]:
    """The row's places. A name or a LAU code whose country is not told is left out."""
    nuts = _nuts(row)
    names = [part for _, part in row.parts(ColumnField.PLACE)]
    laus = [part for _, part in row.parts(ColumnField.LAU)]
    owners = list(dict.fromkeys(known + [country for country, _ in nuts]))
    if len(owners) != 1:
        _leave_out(row, several=bool(owners))
        rest = [country for country in owners if country not in dict(nuts)]
        return [{"country": c} for c in rest] + [{"country": c, "nuts": n} for c, n in nuts]
    (country,) = owners
    if max(len(nuts), len(names), len(laus)) <= 1:
        codes = [code for _, code in nuts]
        return [
            {"country": country} | _one("nuts", codes) | _one("lau", laus) | _one("name", names)
        ]
    places: list[dict[str, Any]] = [{"country": country, "nuts": code} for _, code in nuts]
    if len(laus) == len(names):
        return places + [
            {"country": country, "lau": lau, "name": name}
            for lau, name in zip(laus, names, strict=True)
        ]
    places += [{"country": country, "lau": lau} for lau in laus]
    return places + [{"country": country, "name": name} for name in names]


def _one(key: str, values: list[str]) -> dict[str, str]:
    return {key: values[0]} if values else {}


def _nuts(row: RowCells) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for column, part in row.parts(ColumnField.NUTS):
        code = part.split()[0]
        if NUTS.fullmatch(code) and code[:2].lower() in countries():
            found.append((_OWN_CODES.get(code[:2], code[:2]), code))
        else:
            row.not_read(column, part, "a NUTS code")
    return found


def _leave_out(row: RowCells, *, several: bool) -> None:
    reason = (
        "the row names several countries, so that it is not told in which this is: left out"
        if several
        else "no column and no default says in which country this is: left out"
    )
    for field in (ColumnField.PLACE, ColumnField.LAU):
        for mapped, _ in row.all(field):
            row.warn(mapped.column, reason)
