"""From lines to an outline: running heads dropped, headings found, wrapped lines joined."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median

from services.ingest.parsing.cleaning import ends_sentence, is_list_item, join_wrapped
from services.ingest.parsing.document import Outline
from services.ingest.parsing.pdf_lines import CELL, Line

Page = Sequence[Line]

_DIGITS = re.compile(r"\d+")
_EDGE_LINES = 3  # how many lines from a page's top or bottom can be a running head or foot
_LARGER = 1.15  # a heading's size over the body's
_TITLE_SIZE = 1.3
_MAX_HEADING = 150
_MAX_BOLD_HEADING = 90
_MIN_LETTERS = 3
_WIDE_GAP = 1.2  # a paragraph's distance over the usual distance of lines
_SHORT_LINE = 0.75
_ENOUGH_GAPS = 8
_SAME_SIZE = 0.5  # points


def outline_of(pages: Sequence[Page], title: str | None) -> Outline:
    """Return the outline of a document; the printed title is not repeated as a heading."""
    writer = _Writer(pages, title)
    own = without_running_lines(pages)
    # Where all pages say the same, that is the text.
    lines = [line for page in (own if any(own) else pages) for line in page]
    for before, line, after in zip([None, *lines], lines, [*lines[1:], None], strict=False):
        writer.take(before, line, after)
    return writer.finish()


def largest_text(pages: Sequence[Page]) -> str | None:
    """Return the first page's largest text, if it is clearly larger than the body's."""
    first = next(page for page in pages if page)
    top = max(line.size for line in first)
    if top < _body_size(pages) * _TITLE_SIZE:
        return None
    text = " ".join(line.text for line in first if line.size > top * 0.98)
    letters = sum(map(str.isalpha, text))
    return text if letters >= _MIN_LETTERS and len(text) <= _MAX_HEADING * 2 else None


def _body_size(pages: Iterable[Page]) -> float:
    chars: Counter[float] = Counter()
    for page in pages:
        for line in page:
            chars[round(line.size * 2) / 2] += len(line.text)
    return chars.most_common(1)[0][0]


def _usual_gap(pages: Iterable[Page], size: float) -> float:
    distances = [above.y - below.y for page in pages for above, below in pairwise(page)]
    gaps = [gap for gap in distances if size * 0.5 < gap < size * 2.5]
    if len(gaps) < _ENOUGH_GAPS:
        return min([1.25 * size, *gaps])
    return median(gaps)


def without_running_lines(pages: Sequence[Page]) -> list[list[Line]]:
    """Drop what stands at the edge of most pages, page numbers aside, and lone page numbers."""
    seen: Counter[str] = Counter()
    for page in pages:
        seen.update({_shape(line) for line in (*page[:_EDGE_LINES], *page[-_EDGE_LINES:])})
    often = {shape for shape, times in seen.items() if times > 1 and times * 2 >= len(pages)}
    kept = []
    for page in pages:
        inner = range(_EDGE_LINES, len(page) - _EDGE_LINES)
        kept.append(
            [line for i, line in enumerate(page) if i in inner or _shape(line) not in often]
        )
    return kept


def _shape(line: Line) -> str:
    return _DIGITS.sub("#", line.text)


class _Writer:
    def __init__(self, pages: Sequence[Page], title: str | None) -> None:
        self._outline = Outline()
        self._body = _body_size(pages)
        self._gap = _usual_gap(pages, self._body)
        self._longest = {p[0].page: max(len(line.text) for line in p) for p in pages if p}
        self._title = title or ""
        self._heading = ""
        self._text = ""
        self._page = 1

    def take(self, before: Line | None, line: Line, after: Line | None) -> None:
        if self._is_title(line):
            return
        if self._is_heading(before, line, after):
            self._take_heading(before, line)
            return
        self._flush_heading()
        if not self._text:
            self._text, self._page = line.text, line.page
        elif before is not None and self._starts_block(before, line):
            self._flush_text()
            self._text, self._page = line.text, line.page
        elif CELL in line.text or is_list_item(line.text):
            self._text += f"\n{line.text}"
        else:
            head, _, last = self._text.rpartition("\n")
            joined = join_wrapped(last, line.text)
            self._text = f"{head}\n{joined}" if head else joined

    def finish(self) -> Outline:
        self._flush_heading()
        self._flush_text()
        return self._outline

    def _take_heading(self, before: Line | None, line: Line) -> None:
        wrapped = (
            before is not None
            and bool(self._heading)
            and abs(before.size - line.size) < _SAME_SIZE
            and 0 < before.y - line.y < line.size * 1.7
        )
        if wrapped:
            self._heading = join_wrapped(self._heading, line.text)
            return
        self._flush_heading()
        self._flush_text()
        self._heading, self._page = line.text, line.page

    def _is_title(self, line: Line) -> bool:
        large = line.size >= self._body * _TITLE_SIZE
        return large and line.page == 1 and line.text in self._title

    def _is_heading(self, before: Line | None, line: Line, after: Line | None) -> bool:
        letters = sum(map(str.isalpha, line.text))
        if letters < _MIN_LETTERS or len(line.text) > _MAX_HEADING or CELL in line.text:
            return False
        if line.size >= self._body * _LARGER:
            return True
        # Bold text of the body's size is a heading when it has its line, and a gap, to itself.
        alone = before is None or self._is_apart(before, line)
        return (
            line.bold
            and alone
            and after is not None
            and not after.bold
            and line.size > self._body * 0.95
            and len(line.text) <= _MAX_BOLD_HEADING
            and not ends_sentence(line.text)
        )

    def _is_apart(self, before: Line, line: Line) -> bool:
        if before.page != line.page:
            return True
        return not 0 <= before.y - line.y <= self._gap * _WIDE_GAP

    def _starts_block(self, before: Line, line: Line) -> bool:
        if before.page != line.page or line.y > before.y + line.size:
            # The next column or page goes on with a sentence that was not finished.
            return ends_sentence(before.text) or not line.text[:1].islower()
        if before.y - line.y > self._gap * _WIDE_GAP:
            return not (CELL in before.text and CELL in line.text)
        if is_list_item(line.text) or CELL in line.text or abs(before.size - line.size) > 1:
            return not (is_list_item(line.text) or CELL in line.text)
        short = len(before.text) < self._longest[before.page] * _SHORT_LINE
        return short and ends_sentence(before.text)

    def _flush_heading(self) -> None:
        self._outline.heading(self._heading, self._page) if self._heading else None
        self._heading = ""

    def _flush_text(self) -> None:
        self._outline.paragraph(self._text, self._page)
        self._text = ""
