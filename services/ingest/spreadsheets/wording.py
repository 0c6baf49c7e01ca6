"""Words in tables, in ten languages, compared without case, accents and punctuation."""

import json
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

_FOLDER: Final = Path(__file__).parent
# Letters that Unicode does not take apart into a base letter and a mark.
_LETTERS: Final = str.maketrans(
    {"ł": "l", "ø": "o", "æ": "ae", "ß": "ss", "đ": "d", "ð": "d", "þ": "th"}
)
_HUMP: Final = re.compile(r"(?<=[a-zà-ÿāčēģīķļņšūžąęėįųćńóśźżő])(?=[A-ZÀ-ÞĀČĒĢĪĶĻŅŠŪŽĄĘĖĮŲĆŃÓŚŹŻ])")
_APART: Final = re.compile(r"[^\w]+|_+")


def fold(text: str) -> str:
    """Words in lower case without accents, one blank between them: `Projekt_Sluttid` and
    `projektSluttid` are `projekt sluttid`.
    """  # noqa: D205 - the example is what the sentence is about
    apart = unicodedata.normalize("NFKD", _HUMP.sub(" ", text)).casefold()
    bare = "".join(char for char in apart if not unicodedata.combining(char))
    return _APART.sub(" ", bare.translate(_LETTERS)).strip()


@cache
def countries() -> MappingProxyType[str, str]:
    """ISO 3166 codes by folded name, and by themselves."""
    return MappingProxyType(_by_name("countries") | {"uk": "GB", "el": "GR"})


@cache
def languages() -> MappingProxyType[str, str]:
    """ISO 639-1 codes by folded name, and by themselves."""
    return MappingProxyType(_by_name("languages"))


@cache
def months() -> MappingProxyType[str, int]:
    """Months by folded name, whole and shortened."""
    words = value_words()["months"]
    return MappingProxyType(
        {fold(name): int(number) for number, names in words.items() for name in names}
    )


@cache
def currency_words() -> MappingProxyType[str, str]:
    """Currencies by their words and signs in lower case; `kr` for a crown of any kind."""
    words: dict[str, list[str]] = value_words()["currencies"]
    return MappingProxyType({word: code for code, named in words.items() for word in named})


@cache
def unit_words() -> MappingProxyType[str, float]:
    """Thousand and million by their words in lower case."""
    words: dict[str, list[str]] = value_words()["units"]
    return MappingProxyType({word: float(unit) for unit, named in words.items() for word in named})


@cache
def value_words() -> dict[str, Any]:
    """`value_words.json` as it is."""
    return _read("value_words.json")


@cache
def header_words() -> dict[str, Any]:
    """`header_words.json` as it is."""
    return _read("header_words.json")


def _by_name(kind: str) -> dict[str, str]:
    return dict(_names(value_words()[kind]))


def _names(words: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    # A code is the surest name of itself, so it comes last and holds.
    for code, names in words.items():
        yield from ((fold(name), code) for name in names)
    yield from ((fold(code), code) for code in words)


def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_FOLDER / name).read_text(encoding="utf-8"))
    return found
