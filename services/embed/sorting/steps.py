"""A method's steps and its name, where the text sets them out as such."""

import re
from collections.abc import Iterator
from typing import Final

from libs.events.labels import LabelKind
from libs.events.report import NormalisedReport, SectionKind
from services.embed.passages import Span
from services.embed.sorting.citation import Citation

_NUMBERED: Final = re.compile(r"^[ \t]*(\d{1,2})[.)][ \t]+(?=\S)(.*)$", re.MULTILINE)
_BULLET: Final = re.compile(r"^[ \t]*[-•*–·▪][ \t]+(?=\S)(.*)$", re.MULTILINE)
_FEWEST_ITEMS: Final = 3
_MOST_STEPS: Final = 15
# Words of headings above steps, as they begin, in ten languages.
_STEP_WORDS: Final = re.compile(
    r"\b(?:steg|etapp|vaihe|askel|samm|etap|soļi|soļu|žingsn|krok|schritt|trin|skridt|skritt|step|phase"
    r"|fas(?:e|er)\b|gick till|tegutse|toimi(?:mme|ttiin)|tehtiin|dirbome|vorgehen|gjorde)",
    re.IGNORECASE,
)
_NAMED: Final = re.compile(
    r"^[ \t]*(?:the |our )?(?:method|metod|metoden|menetelmä|meetod|metode|metoda|metodas|methode)"
    r"(?: name| namn| nimi)?[ \t]*[:–—][ \t]*(?=\S)(.{3,120})$",
    re.IGNORECASE | re.MULTILINE,
)


def steps(report: NormalisedReport) -> Iterator[Citation]:
    """The items of numbered lists, and of bulleted ones under a heading of steps.

    A list that a page break cut goes on in the next section with the next number.
    """
    expected, found = 1, 0
    for number, section in enumerate(report.sections):
        headed = bool(_STEP_WORDS.search(section.heading or ""))
        told = headed or section.kind is SectionKind.METHOD
        if section.kind not in {None, SectionKind.METHOD, SectionKind.OTHER}:
            continue
        items, expected = _run(section.text, expected if headed else 1)
        if not items and told:
            items = [Span(*match.span(1)) for match in _BULLET.finditer(section.text)]
        if len(items) < _FEWEST_ITEMS and not (headed and found):
            continue
        for item in items[: _MOST_STEPS - found]:
            found += 1
            yield Citation(LabelKind.STEP, number, item, 0.9 if told else 0.7)


def _run(text: str, first: int) -> tuple[list[Span], int]:
    """The longest list that counts upwards from a number, and the number that would follow."""
    items: list[Span] = []
    expected = first
    for match in _NUMBERED.finditer(text):
        if int(match[1]) == expected:
            items.append(Span(*match.span(2)))
            expected += 1
        elif len(items) >= _FEWEST_ITEMS:
            break
    return items, expected if items else 1


def names(report: NormalisedReport) -> Iterator[Citation]:
    """What stands behind "Method:" at the beginning of a line, in ten languages."""
    for number, section in enumerate(report.sections):
        for match in _NAMED.finditer(section.text):
            yield Citation(LabelKind.METHOD, number, Span(*match.span(1)), 0.9)
