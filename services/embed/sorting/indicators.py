"""Numbers with a unit in sentences about results: what was counted, how much of it."""

import re
from collections.abc import Iterator
from typing import Final

from libs.events.labels import LabelKind
from libs.events.report import Section
from services.embed.passages import Span
from services.embed.sorting.citation import Citation
from services.embed.sorting.sentences import sentences

# 1,234.5 · 1.234,5 · 1 234,5 (with any of the spaces that typographers use) · 1'234.
_NUMBER: Final = (
    r"[-\u2212]?\d{1,3}(?:[ \u00a0\u2009\u202f.,'’]\d{3})+(?:[.,]\d{1,2})?"
    r"|[-\u2212]?\d+(?:[.,]\d+)?"
)
_PERCENT: Final = (
    r"(?:[ \u00a0\u202f]?%|[ \u00a0\u202f-](?:procent\w*|prosent\w*|protsen\w*|percent|per[ ]cent"
    r"|Prozent\w*|pct|pst)\b)"
)
_OF: Final = (
    r"[ ](?:of|av|af|von|z|ze|iš|no)[ ](?:the[ ]|de[ ]|den[ ])?(?P<whole>\d{1,6})(?![\d.,%])"
)
_INDICATOR: Final = re.compile(
    rf"(?<![\w.,/:-])(?P<number>{_NUMBER})"
    rf"(?:(?P<percent>{_PERCENT})|{_OF}|[ \u00a0](?P<word>[^\W\d_]{{4,30}}))",
    re.IGNORECASE,
)
_SEPARATORS: Final = re.compile(r"[ \u00a0\u2009\u202f'’]")
_LONGEST_SENTENCE: Final = 300
_DECIMALS: Final = 3
# What follows a number without being what it counts.
_NOT_COUNTED: Final = re.compile(
    r"(?:januar\w*|februar\w*|mar[sczt]\w*|apr[iī]l\w*|ma[ij]\w*|jun[ieīy]\w*|jul[ily]\w*|august\w*"
    r"|septem\w*|o[kc]to[bv]\w*|novem\w*|de[czt]s?em\w*|stycz\w*|lut\w*|kwiet\w*|czerw\w*|lip[ci]\w*"
    r"|sierp\w*|wrze\w*|paźdz\w*|listop\w*|grud\w*|saus\w*|vasar\w*|kov\w*|baland\w*|geguž\w*"
    r"|birž\w*|liep\w*|rugp\w*|rugs\w*|spal\w*|lapkr\w*|tammi\w*|helmi\w*|maalis\w*|huhti\w*|touko\w*"
    r"|kesä\w*|heinä\w*|elo\w*|syys\w*|loka\w*|marras\w*|joulu\w*|(?:\w*year|\w*jahr|\w*metod)\w*"
    r"|from|with|that|than|till|från|eller|oder|jeb|oraz|lub|mutta|kuid)$",
    re.IGNORECASE,
)
_YEARS: Final = range(1900, 2100)


def indicators(number: int, section: Section, within: Span, language: str) -> Iterator[Citation]:
    """The first number with a unit of each sentence in a span; a percentage before a count."""
    text = section.text[within.start : within.end]
    for sentence in sentences(text):
        if sentence.end - sentence.start > _LONGEST_SENTENCE:
            continue
        found = [
            reading
            for match in _INDICATOR.finditer(text, sentence.start, sentence.end)
            if (reading := _reading(match, language))
        ]
        if found:
            value, unit = min(found, key=lambda reading: reading[1] != "%")
            yield Citation(
                kind=LabelKind.INDICATOR,
                section=number,
                span=Span(within.start + sentence.start, within.start + sentence.end),
                confidence=0.9 if unit == "%" else 0.7,
                number=value,
                unit=unit,
            )


def _reading(match: re.Match[str], language: str) -> tuple[float, str] | None:
    value = read_number(match["number"], language)
    if match["percent"]:
        return value, "%"
    if match["whole"]:
        return value, f"/ {match['whole']}"
    word = match["word"]
    # A year and a date count nothing.
    if _NOT_COUNTED.match(word) or (value in _YEARS and match["number"].isdigit()):
        return None
    return value, word


def read_number(text: str, language: str) -> float:
    """The value of a number as it is written in a language (ISO 639-1).

    A comma is the decimal sign everywhere but in English. A lone separator before three digits
    parts thousands where the language parts them so: "1.500" is 1,500 in German, and 1.5 in
    English. Where both signs occur the last one is decimal, whatever the language.
    """
    plain = _SEPARATORS.sub("", text).replace("\u2212", "-")
    last = max(plain.rfind("."), plain.rfind(","))
    if last < 0:
        return float(plain)
    head, sign, tail = plain[:last], plain[last], plain[last + 1 :]
    digits = head.replace(".", "").replace(",", "")
    thousands = "," if language == "en" else "."
    other = "," if sign == "." else "."
    # 17.8 in a text that otherwise has decimal commas: nobody parts one or two digits.
    parted = sign in head or (sign == thousands and len(tail) == _DECIMALS)
    return float(f"{digits}{'' if parted and other not in head else '.'}{tail}")
