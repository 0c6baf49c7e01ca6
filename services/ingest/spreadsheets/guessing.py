"""Which column is which field: from the headers' words and from what the cells hold."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from libs.events.tables import SECTIONS, SEVERAL_COLUMNS, ColumnField
from services.ingest.spreadsheets.columns import Column, evidence
from services.ingest.spreadsheets.headers import OTHER, fields_named

LEAST: Final = 0.4
"""Below this a column is left out."""

# Fields that cells can show by themselves, with how sure that makes them.
_BY_CELLS: Final = {
    ColumnField.LINK: 0.7,
    ColumnField.CONTACT_EMAIL: 0.7,
    ColumnField.COUNTRY: 0.7,
    ColumnField.NUTS: 0.7,
    ColumnField.TEXT: 0.5,
}
_CLEAR: Final = 0.9
_PROSE_CHARS: Final = 150


@dataclass(frozen=True, slots=True)
class Guess:
    """What one column is taken for."""

    field: ColumnField | None
    confidence: float
    because: str


def guess(columns: Sequence[Column], taken: frozenset[ColumnField] = frozenset()) -> list[Guess]:
    """A guess for each column. Fields in `taken` are held by columns that are not among these."""
    candidates = sorted(
        (
            (found.confidence, -place, found)
            for place, column in enumerate(columns)
            for found in _candidates(column)
        ),
        key=lambda each: each[:2],
        reverse=True,
    )
    chosen: dict[int, Guess] = {}
    held = set(taken)
    for _, place, found in candidates:
        if -place in chosen or (found.field in held and found.field not in SEVERAL_COLUMNS):
            continue
        chosen[-place] = found
        if found.field is not None:
            held.add(found.field)
    return [chosen.get(place) or _unknown(column) for place, column in enumerate(columns)]


def _candidates(column: Column) -> Iterator[Guess]:
    if not column.filled:
        return
    named = fields_named(column.header)
    other = named.get(OTHER, 0.0)
    for field, score in named.items():
        if field is OTHER or score <= other:
            continue
        fits = evidence(column, field)
        # Cells that contradict the header weigh more than cells that agree with it.
        confidence = score * (0.6 + 0.4 * fits) if fits >= 0.5 else score * 1.6 * fits  # noqa: PLR2004 - the middle
        if confidence >= LEAST:
            yield Guess(field, round(confidence, 2), "header")
    if other < _CLEAR:
        yield from _by_cells(column)


def _by_cells(column: Column) -> Iterator[Guess]:
    for field, sure in _BY_CELLS.items():
        fits = evidence(column, field)
        prose = field not in SECTIONS or column.mean_length >= _PROSE_CHARS
        if fits >= _CLEAR and prose:
            yield Guess(field, round(sure * fits, 2), "cells")


def _unknown(column: Column) -> Guess:
    if not column.filled:
        return Guess(None, 0.0, "it is empty")
    if fields_named(column.header).get(OTHER, 0.0) >= _CLEAR:
        return Guess(None, _CLEAR, "no field of a report")
    return Guess(None, 0.0, "neither header nor cells say what it is")
