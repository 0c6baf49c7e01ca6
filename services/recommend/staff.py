"""How many full-time positions a report says that a method took, where it says so for certain.

A text is read whole or not at all: each of its parts is a number of people with how much of a full
position each has, or volunteers, who are no staff. So "one coordinator at half time and two
mentors" tells nothing, and neither does "a half-time guide per town".
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Final

from services.recommend.staff_words import UNSURE, VOLUNTEERS, WORDS, StaffWords

_LONGEST: Final = 300
_UNSURE: Final = re.compile(UNSURE)
_VOLUNTEERS: Final = re.compile(VOLUNTEERS)
_A_PERCENT: Final = 0.01
_WHO: Final = r"(?P<who>[^\W\d_][\w'’-]*(?: [^\W\d_][\w'’-]*){0,3})"
_Pattern = tuple[re.Pattern[str], float]


@lru_cache(maxsize=10_000)
def full_time(text: str, language: str) -> float | None:
    """Positions, where 1 is one person's full time; None where that is not certain.

    `language` is the text's (ISO 639-1), of which ten are read.
    """
    said = " ".join(text.casefold().split()).rstrip(".")
    if language not in WORDS or len(said) > _LONGEST:
        return None
    read = [_part(part, language) for part in _parts(said, WORDS[language])]
    total = sum(part for part in read if part is not None)
    return round(total, 2) if total and None not in read else None


def _parts(said: str, words: StaffWords) -> list[str]:
    # A comma between two digits is a decimal sign.
    separator = rf"(?<!\d),|,(?!\d)|;|\s(?:{words.joined})\s"
    return [part.strip() for part in re.split(separator, said)]


def _part(part: str, language: str) -> float | None:
    if _UNSURE.search(part):
        return None
    if _VOLUNTEERS.search(part):
        return 0.0
    for pattern, share in _patterns(language):
        match = pattern.fullmatch(part)
        if match and not _numbers(language).keys() & (match["who"] or "").split():
            found = match.groupdict()
            figure = float((found.get("figure") or "1").replace(",", "."))
            return share * figure * _count(found.get("count"), language)
    return None


def _count(count: str | None, language: str) -> float:
    if count is None:
        return 1.0
    return float(count) if count.isdigit() else float(_numbers(language)[count])


@cache
def _numbers(language: str) -> dict[str, int]:
    """Each word for a small number."""
    words = WORDS[language].numbers.split()
    return {word: n for n, several in enumerate(words, 1) for word in several.split("|")}


@cache
def _patterns(language: str) -> tuple[_Pattern, ...]:
    return tuple((re.compile(text), share) for text, share in _texts(language))


def _texts(language: str) -> Iterator[tuple[str, float]]:
    words = WORDS[language]
    count = rf"(?P<count>\d{{1,2}}|{'|'.join(_numbers(language))})"
    purpose = rf"(?: (?:{words.purpose})(?: [^\W\d_]+){{1,3}})?"
    for text, part in words.shares:
        share = _A_PERCENT if part is None else part
        yield rf"{count} {_WHO} (?:{text}){purpose}", share
        yield rf"{count} (?:{text}) {_WHO}{purpose}", share
        yield rf"(?P<who>{words.one}) (?:{text}){purpose}", share
    for text, part in words.positions:
        yield rf"(?:{text})(?: {_WHO})?{purpose}", 1.0 if part is None else part
