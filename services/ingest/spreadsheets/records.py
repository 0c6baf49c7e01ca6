"""Reads a JSON list of flat objects: a database's export, whose keys are headers."""

import json
import math
from collections.abc import Iterator
from typing import Any

from libs.errors import InvalidInput
from services.ingest.spreadsheets.grid import MAX_ROWS, Cell, Grid, Limits, over_limits, plain

_EXPECTED = "Send a JSON list of objects with the same keys, one for each report."
_MAX_DEPTH = 3
# Beyond this a number is an identifier: as a number it would lose digits.
_EXACT = 10**15


def read_records(content: bytes) -> Grid:
    """The grid of a JSON list, keys in its first row; an object inside one is `outer.inner`.

    Raises InvalidInput (`unreadable-document`) for anything else, TooLarge over a limit.
    """
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(
            f"The file cannot be read as JSON. {_EXPECTED}", code="unreadable-document"
        ) from error
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise InvalidInput(f"The JSON is not a table. {_EXPECTED}", code="unreadable-document")
    if len(found) > MAX_ROWS:
        raise over_limits()
    records = [dict(_cells(record, "", _MAX_DEPTH)) for record in found]
    keys: dict[str, None] = {}
    for record in records:
        keys |= dict.fromkeys(record)
    limits = Limits()
    limits.take(len(keys))
    rows: list[list[Cell]] = [list(keys)]
    for record in records:
        limits.take(len(keys))
        rows.append([record.get(key, "") for key in keys])
    return Grid(rows=rows, format="json")


def _cells(record: dict[str, Any], prefix: str, depth: int) -> Iterator[tuple[str, Cell]]:
    if depth == 0:
        raise InvalidInput(
            f"The objects are nested too deep. {_EXPECTED}", code="unreadable-document"
        )
    for key, value in record.items():
        name = prefix + plain(key)
        if isinstance(value, dict):
            yield from _cells(value, f"{name}.", depth - 1)
        else:
            yield name, _cell(value)


def _cell(value: Any) -> Cell:
    match value:
        case None:
            return ""
        case str():
            return plain(value)
        case int() if abs(value) > _EXACT:
            return str(value)
        case float() if not math.isfinite(value):
            # No JSON, so it cannot be handed on. NaN is what Python writes for an empty cell.
            return "" if math.isnan(value) else str(value)
        case bool() | int() | float():
            return value
        case _:
            return "; ".join(plain(each) for each in value if isinstance(each, str))
