"""How a report says that its results were seen: by comparison, before and after, or by counting.

A level says which kind of observation the text tells of. It is no grade of the project, no praise,
and says nothing of how large an effect was or whether it was caused. A text that tells of none
stays without a level.
"""

import re
from collections.abc import Iterator
from typing import Final

from libs.events.labels import LabelKind
from libs.events.report import NormalisedReport
from services.embed.passages import Span
from services.embed.sorting.citation import Citation
from services.embed.sorting.sentences import sentences

COMPARED: Final = "comparison-group"
BEFORE_AFTER: Final = "before-and-after"
COUNTED: Final = "counted"

# Endings are bounded: with an open one, a word of 500,000 letters took minutes.
_LEVELS: Final = (
    (
        COMPARED,
        re.compile(
            r"control group|comparison group|randomi[sz]ed|kontrollgrupp|jämförelsegrupp"
            r"|vertailuryhm|verrokki|kontrollryhm|võrdlusrühm|kontrollrühm|kontroles grup"
            r"|salīdzināmā grup|kontrolin\w{1,9} grup|palyginam\w{1,9} grup|grup\w{1,9} kontroln"
            r"|grup\w{1,9} porównawcz|vergleichsgruppe|kontrollgruppe|kontrolgruppe"
            r"|sammenlig?ningsgruppe|randomi[sz]er",
            re.IGNORECASE,
        ),
    ),
    (
        BEFORE_AFTER,
        re.compile(
            r"before and after|baseline (?:survey|measure|study)|före och efter|ennen ja jälkeen"
            r"|alkumittau|enne ja pärast|pirms un pēc|prieš ir po|przed i po|vorher und nachher"
            r"|vorher-nachher|før og efter|før og etter|nollmätning|nullmåling|førmåling",
            re.IGNORECASE,
        ),
    ),
)
_NEGATED: Final = re.compile(
    r"\b(?:no|not|without|inte|ingen|inga|utan|ilman|ei|eikä|ilma|polnud|puudus|bez|nebija|nav|be|nebuvo"
    r"|nie|brak|kein\w*|ohne|uden|ikke|uten)\b",
    re.IGNORECASE,
)


def evidence(report: NormalisedReport) -> Iterator[Citation]:
    """The strongest kind of observation that is told of, with the sentence that tells it."""
    for level, words in _LEVELS:
        for number, section in enumerate(report.sections):
            for match in words.finditer(section.text):
                sentence = _around(section.text, match.start())
                told = section.text[sentence.start : sentence.end]
                if not _NEGATED.search(told):
                    yield Citation(LabelKind.EVIDENCE, number, sentence, 0.7, value=level)
                    return


def _around(text: str, place: int) -> Span:
    # A window of the text is enough: what is longer than that is no sentence.
    start, end = max(0, place - 300), min(len(text), place + 300)
    for span in sentences(text[start:end]):
        if start + span.start <= place < start + span.end:
            return Span(start + span.start, start + span.end)
    return Span(place, end)
