"""Who took part in a row's project and whom to call, and where to read on."""

from typing import Any

from libs.events.tables import ColumnField
from services.ingest.spreadsheets.columns import EMAIL, URL
from services.ingest.spreadsheets.grid import shown
from services.ingest.spreadsheets.row_cells import RowCells


def partners_of(row: RowCells) -> list[dict[str, Any]]:
    """The organisations beside the lead, as they are listed."""
    return [{"name": part} for _, part in row.parts(ColumnField.PARTNERS)]


def contacts_of(row: RowCells) -> list[dict[str, Any]]:
    """People with their addresses; an address without a name stands for itself."""
    people = row.text(ColumnField.CONTACT) or ""
    addresses = EMAIL.findall(people)
    for mapped, cell in row.all(ColumnField.CONTACT_EMAIL):
        found = EMAIL.findall(shown(cell))
        if not found:
            row.not_read(mapped.column, cell, "an e-mail address")
        addresses += [each for each in found if each not in addresses]
    bare = EMAIL.sub("", people)
    names = [name for part in bare.replace("\n", ";").split(";") if (name := part.strip(" ,()<>"))]
    if len(names) == len(addresses):
        return [{"name": n, "email": e} for n, e in zip(names, addresses, strict=True)]
    # Which address is whose is not told.
    return [{"name": name} for name in names] + [{"name": e, "email": e} for e in addresses]


def links_of(row: RowCells) -> list[dict[str, Any]]:
    """The addresses on the web that the cells hold."""
    found: dict[str, None] = {}
    for mapped, cell in row.all(ColumnField.LINK):
        urls = [url.rstrip(".,)") for url in URL.findall(shown(cell))]
        if not urls:
            row.not_read(mapped.column, cell, "an address on the web")
        found |= dict.fromkeys(f"https://{u}" if u[:4].lower() == "www." else u for u in urls)
    return [{"url": url} for url in found]
