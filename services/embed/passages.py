"""Cutting a report into passages: short enough to embed, whole enough to quote.

A passage is a span of one section's text, so that a quotation is found again verbatim.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from libs.events.report import NormalisedReport, Section

CountTokens = Callable[[Sequence[str]], list[int]]

_PARAGRAPH = re.compile(r"[^\n]+")
# A sentence ends at a full stop, question or exclamation mark before a space and what can begin
# a sentence; "31. oktober" and "t.ex. en" in ten languages stay whole because of what follows.
_SENTENCE_END = re.compile(
    r"(?<=[.!?…])[\"”»']?\s+(?=[\"„“»«(\[]?[^\W\d_a-zåäöõüæøšžąčęėįųūāēģīķļņłńóśźż])"
)
# Parsers write a table's row on a line of its own, with bars between its cells.
_TABLE = re.compile(r"(?:^[^\n|]*\|[^\n]*\n?)+", re.MULTILINE)
_WORD = re.compile(r"\S+\s*")
# Longer "words" are not language; they are cut so that no piece is beyond the tokenizer.
_LONGEST_WORD = 100
# A title and a heading may have 1,000 characters each, some 300 tokens. The model reads 512, and
# what is behind them is cut off: so the longest passage (400 tokens) must find room after them.
_TITLE_TOKENS = 40
_HEADING_TOKENS = 24
_ROW_TOKENS = 24
_PREFIX_AND_MARKERS = 8
# Characters. What is longer is not tokenised only to be cut off.
_LONGEST_TOKEN = 32
_SHORTEST_LIMIT = 16


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` up to `end` of a text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A span of a section (the section's number counts from 0) and the text to embed for it."""

    ordinal: int
    section: int
    start: int
    end: int
    text: str
    embedded: str


class _Tables:
    """The tables of a text, and what their first rows say."""

    def __init__(self, text: str, count_tokens: CountTokens) -> None:
        self._text = text
        self._count_tokens = count_tokens
        self._spans = [Span(*match.span()) for match in _TABLE.finditer(text)]
        # By the table's number: a row may be long, and have thousands of passages below it.
        self._rows: dict[int, tuple[Span, str]] = {}

    def row_above(self, span: Span) -> str:
        """The first row of the table that a span begins in the middle of; empty elsewhere."""
        number = bisect_left(self._spans, span.start, key=lambda table: table.start) - 1
        if number < 0 or span.start >= self._spans[number].end:
            return ""
        row, told = self._rows.get(number) or self._rows.setdefault(number, self._read(number))
        # Nothing where the span begins within the first row itself.
        return told if row.end < span.start else ""

    def _read(self, number: int) -> tuple[Span, str]:
        table = self._spans[number]
        end = self._text.find("\n", table.start, table.end)
        row = Span(table.start, table.end if end < 0 else end)
        text = self._text[row.start : row.end].strip()
        return row, _shortened(text, self._count_tokens, _ROW_TOKENS)


def cut(report: NormalisedReport, count_tokens: CountTokens, limit: int) -> list[Passage]:
    """All passages of a report in reading order; none is over `limit` tokens.

    What is embedded is the passage behind the report's title, its section's heading and, within
    a table, the table's first row, because a paragraph or a row alone often does not say what it
    is about. All are shortened to a few dozen tokens there.
    """
    passages: list[Passage] = []
    title = _shortened(report.title, count_tokens, _TITLE_TOKENS)
    for number, section in enumerate(report.sections):
        heading = _shortened(section.heading or "", count_tokens, _HEADING_TOKENS)
        tables = _Tables(section.text, count_tokens)
        for span in _spans(section, count_tokens, limit):
            text = section.text[span.start : span.end]
            row = tables.row_above(span)
            passages.append(
                Passage(
                    ordinal=len(passages),
                    section=number,
                    start=span.start,
                    end=span.end,
                    text=text,
                    embedded="\n".join((*filter(None, (title, heading, row)), text)),
                )
            )
    return passages


def fitting(limit: int, max_tokens: int) -> int:
    """The longest passage, in tokens, of a model that reads `max_tokens` with what stands before.

    That is `limit`, or less where the model would not read a passage of that length to its end.
    """
    room = max_tokens - _TITLE_TOKENS - _HEADING_TOKENS - _ROW_TOKENS - _PREFIX_AND_MARKERS
    return min(limit, max(_SHORTEST_LIMIT, room))


def _shortened(text: str, count_tokens: CountTokens, limit: int) -> str:
    """The beginning of a line that is not over the limit."""
    text = text[: limit * _LONGEST_TOKEN]
    while text and (tokens := count_tokens([text])[0]) > limit:
        text = text[: len(text) * limit // tokens].rstrip()
    return text


def _spans(section: Section, count_tokens: CountTokens, limit: int) -> list[Span]:
    if not any(map(_visible, section.text)):
        return []
    pieces = _fitting(section.text, _paragraphs(section.text), count_tokens, limit, _SPLITTERS)
    packed: list[Span] = []
    size = 0
    for span, tokens in pieces:
        if packed and size + tokens <= limit:
            packed[-1] = Span(packed[-1].start, span.end)
            size += tokens
        else:
            packed.append(span)
            size = tokens
    return packed


def _fitting(
    text: str,
    spans: list[Span],
    count_tokens: CountTokens,
    limit: int,
    splitters: Sequence[Callable[[str, Span], list[Span]]],
) -> list[tuple[Span, int]]:
    """The spans with their token counts; those over the limit cut by the next finer rule."""
    found: list[tuple[Span, int]] = []
    counts = count_tokens([text[span.start : span.end] for span in spans]) if spans else []
    for span, tokens in zip(spans, counts, strict=True):
        if tokens <= limit or not splitters:
            found.append((span, tokens))
        else:
            finer = splitters[0](text, span)
            found += _fitting(text, finer, count_tokens, limit, splitters[1:])
    return found


def _paragraphs(text: str) -> list[Span]:
    return _stripped(text, [Span(m.start(), m.end()) for m in _PARAGRAPH.finditer(text)])


def _sentences(text: str, within: Span) -> list[Span]:
    ends = [m.end() for m in _SENTENCE_END.finditer(text, within.start, within.end)]
    starts = [within.start, *ends]
    return _stripped(text, [Span(a, b) for a, b in zip(starts, [*ends, within.end], strict=True)])


def _words(text: str, within: Span) -> list[Span]:
    spans = []
    for match in _WORD.finditer(text, within.start, within.end):
        spans += [
            Span(start, min(start + _LONGEST_WORD, match.end()))
            for start in range(match.start(), match.end(), _LONGEST_WORD)
        ]
    return _stripped(text, spans)


def _characters(_text: str, within: Span) -> list[Span]:
    # One character can be several tokens, yet never more than a few.
    return [Span(i, min(i + 8, within.end)) for i in range(within.start, within.end, 8)]


_SPLITTERS = (_sentences, _words, _characters)


def _stripped(text: str, spans: list[Span]) -> list[Span]:
    found = []
    for span in spans:
        piece = text[span.start : span.end]
        start = span.start + len(piece) - len(piece.lstrip())
        end = span.start + len(piece.rstrip())
        if start < end:
            found.append(Span(start, end))
    return found


def _visible(character: str) -> bool:
    # Neither space nor what only steers other characters, such as U+200B and U+FEFF.
    return character.isprintable() and not character.isspace()
