"""The lines of a PDF page: their text, place, size and weight, in the file's reading order."""

import math
import re
from dataclasses import dataclass, field
from typing import Any

from pypdf import PageObject

from services.ingest.parsing.cleaning import clean_line

CELL = " | "
# PDF names weights in the font's name only.
_BOLD = re.compile(r"bold|black|heavy|demi", re.IGNORECASE)
# Glyph numbers that a font without a character map leaves undecoded fall among the controls.
_CONTROLS = re.compile("[\x01-\x08\x0e-\x1f]")
_MAX_CONTROL_RATIO = 0.02
_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
)
_MARKER_CHARS = 4
# A wide estimate of a character's width in em, so that only real gaps count as a cell's.
_CHAR_WIDTH = 0.6


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
        for index, part in enumerate(text.split("\n")):
            if index:
                self.end_line()
            if part and not _undecoded(part):
                self._pieces.append(_Piece(part, x, y, abs(size) * scale, bold))

    def end_line(self) -> None:
        pieces, self._pieces = self._pieces, []
        text = clean_line(_joined(pieces).translate(_LIGATURES))
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
    return collector.lines


def _undecoded(text: str) -> bool:
    return len(_CONTROLS.findall(text)) > len(text) * _MAX_CONTROL_RATIO


def _joined(pieces: list[_Piece]) -> str:
    text = ""
    before: _Piece | None = None
    for piece in pieces:
        if before is not None:
            gap = piece.x - before.x - len(before.text.strip()) * before.size * _CHAR_WIDTH
            # A list's mark stands off its text by its place alone.
            marks = len(before.text) <= _MARKER_CHARS and gap > 0
            if gap > piece.size and len(before.text) > _MARKER_CHARS:
                text = text.rstrip() + CELL
            elif marks and not text.endswith(" "):
                text += " "
        text += piece.text
        if piece.text.strip():
            before = piece
    return text
