"""How a report says that its results were seen: counted, compared, by others, repeated elsewhere.

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

REPEATED: Final = "repeated-elsewhere"
EVALUATED: Final = "external-evaluation"
COMPARED: Final = "comparison-group"
BEFORE_AFTER: Final = "before-and-after"
COUNTED: Final = "counted"

# Endings are bounded: with an open one, a word of 500,000 letters took minutes.
_LEVELS: Final = (
    (
        REPEATED,
        re.compile(
            r"\b(?:replicated|repeated) (?:in|by) (?:other|another|several|two|three|four|five|\d)"
            r"|adopted by (?:other|several|two|three|four|five|\d)"
            r"|(?:upprepa(?:ts|des)|införts|infördes|används(?: nu)?) i (?:andra|flera?)\b"
            r"|spridits till (?:andra|fler|flera)\b"
            r"|otettu käyttöön (?:muissa|useissa)|toistettu (?:muissa|useissa|toisessa)"
            r"|levinnyt (?:muihin|useisiin|toisiin)"
            r"|korratud (?:teistes|mujal)|(?:kasutusele võetud|kasutatakse) teistes"
            r"|levinud teistesse"
            r"|atkārto\w{1,5} cit\w{1,4}|ievies\w{1,5} cit\w{1,4} pašvaldīb"
            r"|pakarto\w{1,5} kit\w{1,5}|įdieg\w{1,5} kit\w{1,5} savivaldyb"
            r"|powtórzon\w{1,3} w inn\w{2,4}|wdrożon\w{1,3} w inn\w{2,4} (?:gmin|miast|powiat)"
            r"|in (?:anderen|weiteren) \w{5,20} (?:wiederholt|übernommen|umgesetzt)"
            r"|(?:gentaget|indført|udbredt|bruges nu) (?:i|til) (?:andre|flere)\b"
            r"|(?:gjentatt|innført|spredt|tatt i bruk) (?:i|til) (?:andre|flere)\b",
            re.IGNORECASE,
        ),
    ),
    (
        EVALUATED,
        re.compile(
            r"\b(?:external|independent)(?:ly)? evaluat|(?:extern|oberoende) utvärder"
            r"|externt utvärdera|externa utvärdera|oberoende utvärdera"
            r"|(?:ulkoi|ulkopuoli|riippumat)\w{2,6} arvioin|väli(?:ne|s)\w{0,3} ?hinda|välishinnan"
            r"|sõltuma\w{1,4} hin[dn]a|(?:ārēj|neatkarīg)\w{1,4} (?:iz)?vērtē"
            r"|(?:išorin|nepriklausom)\w{1,5} (?:į)?vertin"
            r"|(?:zewnętrzn|niezależn)\w{1,4} (?:ewaluac|oce[nń])"
            r"|ewaluac\w{1,4} (?:zewnętrzn|niezależn)"
            r"|(?:externe|unabhängige)[nrs]? evaluation|extern evaluiert"
            r"|(?:ekstern|uafhængig|uavhengig)t? evaluer",
            re.IGNORECASE,
        ),
    ),
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


# What is planned was not done. Only others' looks and other places are told of beforehand.
_PLANNED: Final = re.compile(
    r"\b(?:will|shall|should|could|can|plan\w*|ska|skall|bör|kan|kommer|tulee|voidaan|suunnit\w*|aio\w*"
    r"|saab|võib|kavanda\w*|plāno\w*|planuo\w*|gali|będzie|zostanie|może|mo[żz]na|soll\w*|wird"
    r"|werden|kann|geplant\w*|skal|vil|bør)\b",
    re.IGNORECASE,
)
_TOLD_BEFOREHAND: Final = frozenset({REPEATED, EVALUATED})


def evidence(report: NormalisedReport) -> Iterator[Citation]:
    """Each kind of observation that is told of, strongest first, with a sentence that tells it."""
    for level, words in _LEVELS:
        told = _told(report, words, planned=level in _TOLD_BEFOREHAND)
        if told:
            yield Citation(LabelKind.EVIDENCE, told[0], told[1], 0.7, value=level)


def _told(
    report: NormalisedReport, words: re.Pattern[str], *, planned: bool
) -> tuple[int, Span] | None:
    """The first sentence with the words that does not deny them; nor plans them, if `planned`."""
    for number, section in enumerate(report.sections):
        for match in words.finditer(section.text):
            sentence = _around(section.text, match.start())
            told = section.text[sentence.start : sentence.end]
            if not _NEGATED.search(told) and not (planned and _PLANNED.search(told)):
                return number, sentence
    return None


def _around(text: str, place: int) -> Span:
    # A window of the text is enough: what is longer than that is no sentence.
    start, end = max(0, place - 300), min(len(text), place + 300)
    for span in sentences(text[start:end]):
        if start + span.start <= place < start + span.end:
            return Span(start + span.start, start + span.end)
    return Span(place, end)
