"""How the project lists that authorities publish are read as tables.

    .venv/bin/python -m quality.tables [--json PATH]

Each file of `NAVIGATOR_DATA` that `table_expectations.json` names is read as ingest reads it. What
its columns hold was written down by hand, from their headers and a look at their cells. The words
in `services/ingest/spreadsheets/header_words.json` were written with these headers known: the
numbers compare, and do not promise. The second table writes the CSV files anew in other encodings
and with other separators and tells how many are read the same.
"""

import argparse
import csv
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table as Shown

from libs.events.tables import ColumnGuess, TableDefaults, TableMapping, TablePreview
from services.ingest.spreadsheets.grid import Cell, Grid
from services.ingest.spreadsheets.preview import preview
from services.ingest.spreadsheets.reading import read_grid
from services.ingest.spreadsheets.table import read_table

EXPECTED: Final = Path(__file__).with_name("table_expectations.json")
COMMAND: Final = "python -m quality.tables"
# Each with the encodings that hold its language's letters.
ENCODINGS: Final = {
    "DK": ("cp1252", "utf-8-sig", "utf-16"),
    "LV": ("cp1257", "utf-8-sig", "utf-16"),
    "UK": ("cp1252", "utf-8-sig", "utf-16"),
}
SEPARATORS: Final = (";", "\t", "|")
Expected = dict[str, Any]
Row = dict[str, Any]


def read(path: Path, expected: Expected) -> TablePreview:
    """The file as a dry run tells it, with what its partner would say of every row."""
    table = read_table(read_grid(path.read_bytes()), TableMapping())
    return preview(table, TableDefaults.model_validate(expected["defaults"]), 0)


def wrong(found: TablePreview, expected: Expected) -> list[str]:
    """What was not found as it is."""
    columns = expected["columns"]
    told = [
        f"{each.header}: {_name(each)}, not {columns[each.header] or 'left out'}"
        for each in found.columns
        if _field(each) != columns[each.header]
    ]
    told += [
        f"{name} is {getattr(found, name)!r}"
        for name in ("separator", "encoding")
        if getattr(found, name) != expected[name]
    ]
    return told


def rewritten(path: Path) -> Iterator[tuple[str, str, bool]]:
    """Encoding, separator, and whether the file is read the same when it is written so."""
    grid = read_grid(path.read_bytes())
    for encoding in ENCODINGS[path.name[:2]]:
        for separator in SEPARATORS:
            again = read_grid(_written(grid, encoding, separator))
            same = again.rows == grid.rows and again.separator == separator
            yield encoding, separator, same and again.encoding == encoding


def _written(grid: Grid, encoding: str, separator: str) -> bytes:
    stream = io.StringIO(newline="")
    rows: list[list[Cell]] = grid.rows
    csv.writer(stream, delimiter=separator).writerows(rows)
    # A few letters of other languages are in no code page of one: they are not what is measured.
    return stream.getvalue().encode(encoding, "replace")


def _field(column: ColumnGuess) -> str | None:
    return column.field.value if column.field else None


def _name(column: ColumnGuess) -> str:
    return _field(column) or f"left out ({column.because})"


def _show(name: str, found: TablePreview, mistakes: list[str], console: Console) -> Row:
    filled = [column for column in found.columns if column.filled]
    mapped = [column for column in filled if column.field]
    right = len(found.columns) - sum(":" in each for each in mistakes)
    row = {
        "name": name,
        "separator": found.separator,
        "encoding": found.encoding,
        "columns": len(found.columns),
        "mapped": len(mapped) / len(filled),
        "correct": right / len(found.columns),
        "rows": found.rows,
        "accepted": found.accepted,
        "refused": found.refused,
        "left out": sum(warning.rows for warning in found.warnings),
    }
    console.print(f"\n[bold]{name}[/bold]")
    for column in found.columns:
        mark = "✗" if any(each.startswith(f"{column.header}:") for each in mistakes) else " "
        sure = f"{column.confidence:.2f}" if column.field else "    "
        console.print(f" {mark} {sure} {_name(column):44} {column.header}", markup=False)
    reasons = {error["detail"] for p in found.problems for error in p.problem.get("errors", [])}
    for reason in sorted(reasons):
        console.print(f"   refused: {reason}", markup=False)
    for each in found.warnings:
        console.print(f"   {each.rows} cells, {each.header}: {each.detail}", markup=False)
    return row


def main() -> None:
    """Print the tables."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--json", type=Path, help="write the numbers to this file too")
    chosen = arguments.parse_args()
    data = Path(os.environ.get("NAVIGATOR_DATA", "../shared/data"))
    console = Console(width=160, highlight=False)
    rows: list[Row] = []
    same: list[bool] = []
    for name, expected in json.loads(EXPECTED.read_text(encoding="utf-8")).items():
        path = data / name
        found = read(path, expected)
        rows.append(_show(name, found, wrong(found, expected), console))
        if path.name[:2] in ENCODINGS and path.suffix == ".csv":
            for encoding, separator, alike in rewritten(path):
                same.append(alike)
                if not alike:
                    console.print(f"   not the same as {encoding} with {separator!r}")
    _summary(rows, same, console)
    if chosen.json:
        numbers = list(_numbers(rows, same))
        chosen.json.write_text(json.dumps(numbers, indent=2), encoding="utf-8")


def _summary(rows: list[Row], same: list[bool], console: Console) -> None:
    table = Shown(*rows[0], box=None)
    for row in rows:
        shown = {"mapped": f"{row['mapped']:.0%}", "correct": f"{row['correct']:.0%}"}
        table.add_row(*(str(value) for value in (row | shown).values()))
    console.print()
    console.print(table)
    console.print(f"\nwritten anew in other encodings and separators: {sum(same)} of {len(same)}")


def _numbers(rows: list[Row], same: list[bool]) -> Iterator[Row]:
    for row in rows:
        for what, n in (("mapped", "columns"), ("correct", "columns"), ("accepted", "rows")):
            value = row[what] / row["rows"] if what == "accepted" else row[what]
            name = f"tables {row['name']}: {what}"
            yield _number(name, value, row[n])
    yield _number("tables written anew: read the same", sum(same) / len(same), len(same))


def _number(name: str, value: float, n: int) -> Row:
    return {
        "name": name,
        "value": value,
        "unit": "share",
        "baseline": None,
        "n": n,
        "command": COMMAND,
    }


if __name__ == "__main__":
    main()
