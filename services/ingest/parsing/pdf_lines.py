"""The lines of a PDF page: their text, place, size and weight, in the file's reading order."""

import math
import re
from dataclasses import dataclass, field, replace
from typing import Any

from pypdf import PageObject

from services.ingest.parsing.cleaning import clean_line, is_list_item

CELL = " | "
# PDF names weights in the font's name only.
_BOLD = re.compile(r"bold|black|heavy|demi", re.IGNORECASE)
# Glyph numbers that a font without a character map leaves undecoded fall among the controls
# and a symbol font's among the private characters.
_CONTROLS = re.compile("[\x01-\x08\x0e-\x1f\ue000-\uf8ff]")
_MAX_CONTROL_RATIO = 0.02
# Ligatures, and the bullets of the symbol font that Word uses.
_SPELT_OUT = str.maketrans(
    {
        "ﬀ": "ff",
        "ﬁ": "fi",
        "ﬂ": "fl",
        "ﬃ": "ffi",
        "ﬄ": "ffl",
        "ﬅ": "st",
        "ﬆ": "st",
        **dict.fromkeys("\uf0b7\uf0a7\uf0d8\uf076\uf02d", "•"),
    }
)
# Widths of characters in em, on the wide side, so that only real gaps count as a cell's.
_NARROW = frozenset(" iíljtfrI.,:;'|!()[]-")
_NARROW_EM, _USUAL_EM, _WIDE_EM = 0.34, 0.54, 0.74
_FIGURE_CHARS, _SURE_CHARS = 15, 25
_WIDE = frozenset("mwMW%—…")


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `x`, `y` and `size` in points, `y` growing upwards."""

    text: str
    page: int
    x: float
    y: float
    size: float
    bold: bool


@dataclass(slots=True)
class _Piece:
    text: str
    x: float
    y: float
    size: float
    bold: bool


@dataclass(slots=True)
class _Collector:
    page: int
    lines: list[Line] = field(default_factory=list)
    _pieces: list[_Piece] = field(default_factory=list)

    def take(self, text: str, cm: list[float], tm: list[float], font: Any, size: float) -> None:
        """Take a piece of text as pypdf's visitor hands it over; newlines end lines."""
        x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
        y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        scale = math.hypot(tm[2] * cm[0] + tm[3] * cm[2], tm[2] * cm[1] + tm[3] * cm[3])
        bold = _BOLD.search(str((font or {}).get("/BaseFont", ""))) is not None
        for index, part in enumerate(text.translate(_SPELT_OUT).split("\n")):
            if index:
                self.end_line()
            if part and not _undecoded(part):
                self._pieces.append(_Piece(part, x, y, abs(size) * scale, bold))

    def end_line(self) -> None:
        pieces, self._pieces = self._pieces, []
        text = clean_line(_joined(pieces))
        written = [piece for piece in pieces if piece.text.strip()]
        if not text or not written:
            return
        longest = max(written, key=lambda piece: len(piece.text))
        self.lines.append(
            Line(
                text=text,
                page=self.page,
                x=written[0].x,
                y=written[0].y,
                size=longest.size,
                bold=all(piece.bold for piece in written),
            )
        )


def lines_of(page: PageObject, number: int) -> list[Line]:
    """Return the lines of a page that have any text."""
    collector = _Collector(number)
    page.extract_text(visitor_text=collector.take)
    collector.end_line()
    return _without_lone_rows(collector.lines)


def _without_lone_rows(lines: list[Line]) -> list[Line]:
    # A row without a row above or below is no table, but a line whose spaces were stretched.
    rows = [False, *(CELL in line.text for line in lines), False]
    return [
        replace(line, text=line.text.replace(CELL, " ")) if row and not (above or below) else line
        for line, above, row, below in zip(lines, rows, rows[1:], rows[2:], strict=False)
    ]


def _undecoded(text: str) -> bool:
    return len(_CONTROLS.findall(text)) > len(text) * _MAX_CONTROL_RATIO


def _joined(pieces: list[_Piece]) -> str:
    text = ""
    before: _Piece | None = None
    for piece in pieces:
        if before is not None:
            gap = piece.x - before.x - _width(before)
            # A list's mark stands off its text by its place alone.
            if is_list_item(f"{text.strip()} "):
                text = f"{text.rstrip()} "
            elif gap > piece.size * _least_gap(before, piece):
                text = text.rstrip() + CELL
        text += piece.text
        if piece.text.strip():
            before = piece
    return text


def _least_gap(before: _Piece, piece: _Piece) -> float:
    """Return how many em part a cell from the next; a figure counts as one sooner."""
    text = piece.text.strip()
    if len(text) <= _FIGURE_CHARS and text[:1].isdigit():
        return 1.0
    # The longer the text before, the less is known of where it ends: justified lines stretch.
    return 1.0 + 0.04 * max(0, len(before.text) - _SURE_CHARS)


def _width(piece: _Piece) -> float:
    ems = sum(
        _NARROW_EM
        if char in _NARROW
        else _WIDE_EM
        if char in _WIDE or char.isupper()
        else _USUAL_EM
        for char in piece.text.strip()
    )
    return ems * piece.size
