"""What headers say: the row they stand in, and the fields that their words name."""

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import chain
from typing import Final

from libs.events.tables import ColumnField
from services.ingest.spreadsheets.grid import Cell, shown
from services.ingest.spreadsheets.wording import fold, header_words

OTHER: Final = None
"""Stands for what is known to be no field of a report: an address, a co-financing rate."""
Named = dict[ColumnField | None, float]
_Phrase = tuple[tuple[str, ...], ColumnField | None, float]

_LIKELY: Final = 0.65
_STEM: Final = 0.95
_LEAST_COVERED: Final = 0.3
_COMPOUND: Final = 0.75
_COMPOUND_CHARS: Final = 6
_EDGE: Final = 3
_ROWS_LOOKED_AT: Final = 40
_LONG_HEADER: Final = 200


def fields_named(header: str) -> Named:
    """The fields that a header may name, each with how surely, from 0 to 1."""
    return dict(_fields_named(header[:_LONG_HEADER]))


def header_row(rows: Sequence[Sequence[Cell]]) -> int:
    """The index of the row that holds the headers; rows above it are titles and remarks."""
    if not rows:
        return 0
    return max(range(min(len(rows), _ROWS_LOOKED_AT)), key=lambda index: _headerness(rows, index))


def _headerness(rows: Sequence[Sequence[Cell]], index: int) -> tuple[float, int]:
    texts = [cell for cell in rows[index] if isinstance(cell, str) and cell]
    filled = sum(cell != "" for cell in rows[index])
    # Below a header its columns go on; below a title they do not.
    below = max((sum(cell != "" for cell in row) for row in rows[index + 1 : index + 6]), default=0)
    short = [text for text in texts if len(text) <= _LONG_HEADER]
    named = sum(max(fields_named(text).values(), default=0.0) for text in set(short))
    looks = len(short) / max(1, filled, below)
    return (named + looks if filled > 1 or below <= 1 else looks / 10, -index)


@lru_cache(maxsize=4_096)
def _fields_named(header: str) -> tuple[tuple[ColumnField | None, float], ...]:
    best: Named = {}
    for words in _readings(header):
        for phrase, field, weight in _near(words):
            score = weight * _likeness(words, phrase)
            if score > best.get(field, 0.0):
                best[field] = score
    return tuple(best.items())


def _readings(header: str) -> Iterator[tuple[str, ...]]:
    """The header's words as a whole, and those of each half of a header in two languages."""
    bare, _, behind = header.partition("(")
    halves = chain(bare.split("/"), bare.split("\n"), bare.split("|"), [behind.partition(")")[0]])
    found = (tuple(fold(part).split()) for part in (header, bare, *halves))
    yield from dict.fromkeys(words for words in found if words)


def _likeness(words: tuple[str, ...], phrase: tuple[str, ...]) -> float:
    if words == phrase:
        return 1.0
    if len(words) == 1 == len(phrase):
        compound = len(phrase[0]) >= _COMPOUND_CHARS and words[0].endswith(phrase[0])
        return _STEM * _same(words[0], phrase[0]) or _COMPOUND * compound
    sames = [max(_same(word, wanted) for word in words) for wanted in phrase]
    if not all(sames):
        return 0.0
    covered = sum(map(len, phrase)) / max(1, sum(map(len, words)))
    return min(sames) * _STEM * min(1.0, 0.5 + covered / 2) if covered >= _LEAST_COVERED else 0.0


def _same(word: str, wanted: str) -> float:
    if word == wanted:
        return 1.0
    longest, shortest = max(len(word), len(wanted)), min(len(word), len(wanted))
    ending = 3 if longest >= len("projekta") else 2  # letters that declension changes
    stem = longest - ending
    alike = shortest >= len("namn") and stem >= len("nam") and word[:stem] == wanted[:stem]
    return _STEM if alike else 0.0


def _near(words: tuple[str, ...]) -> Iterator[_Phrase]:
    """The phrases that may be like these words: one of theirs begins alike, or ends alike."""
    begins, ends = _phrases_by_edge()
    for word in dict.fromkeys(word[:_EDGE] for word in words):
        yield from begins.get(word, ())
    if len(words) == 1:
        yield from ends.get(words[0][-_EDGE:], ())


@cache
def _phrases_by_edge() -> tuple[dict[str, list[_Phrase]], dict[str, list[_Phrase]]]:
    begins: dict[str, list[_Phrase]] = {}
    ends: dict[str, list[_Phrase]] = {}
    for each in _phrases():
        begins.setdefault(each[0][0][:_EDGE], []).append(each)
        if len(each[0]) == 1:
            ends.setdefault(each[0][0][-_EDGE:], []).append(each)
    return begins, ends


@cache
def _phrases() -> tuple[_Phrase, ...]:
    words = header_words()
    found: dict[tuple[tuple[str, ...], ColumnField | None], float] = {}
    for part, weight in (("likely", _LIKELY), ("sure", 1.0)):
        for name, by_language in words[part].items():
            for phrase in chain.from_iterable(by_language.values()):
                found[tuple(fold(phrase).split()), ColumnField(name)] = weight
    for phrase in chain.from_iterable(words["other"].values()):
        found[tuple(fold(phrase).split()), OTHER] = 1.0
    return tuple((phrase, field, weight) for (phrase, field), weight in found.items())


def header_text(cell: Cell) -> str:
    """A header as it is shown: on one line, and not endless."""
    return " ".join(shown(cell).split())[:_LONG_HEADER]
