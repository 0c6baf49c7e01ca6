"""All that rules find in a report's text, as labels that cite it verbatim."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final

from libs.events.labels import MAX_LABELS, MAX_VALUE_CHARS, Label, LabelKind, TextSpan
from libs.events.report import NormalisedReport, SectionKind
from services.embed.passages import Passage, Span
from services.embed.sorting.citation import Citation
from services.embed.sorting.evidence import COUNTED, evidence
from services.embed.sorting.indicators import indicators
from services.embed.sorting.quotations import quotations
from services.embed.sorting.steps import names, steps

# How many labels of a kind an event has room for; subjects and kinds of passage are few anyhow.
_MOST: Final = {
    LabelKind.STEP: 12,
    LabelKind.INDICATOR: 10,
    LabelKind.QUOTATION: 6,
    LabelKind.METHOD: 2,
    LabelKind.EVIDENCE: 5,
}
# A book's worth; in the annexes behind it there are no more steps and results.
_READ_CHARS: Final = 500_000


def cited(
    report: NormalisedReport, passages: Sequence[Passage], labels: Sequence[Label]
) -> list[Label]:
    """Labels of what the text says itself. `labels` tell which passages are about results."""
    beginning = _beginning(report)
    counted = list(_indicators(beginning, passages, labels))
    levels = list(evidence(beginning))
    if counted:
        first = counted[0]
        levels.append(Citation(LabelKind.EVIDENCE, first.section, first.span, 0.6, value=COUNTED))
    citations = chain(levels, names(beginning), steps(beginning), counted, quotations(beginning))
    return [_label(citation, beginning, passages) for citation in _bounded(citations)]


def most_telling(labels: Iterable[Label]) -> tuple[Label, ...]:
    """As many labels as an event takes, the first of them."""
    return tuple(labels)[:MAX_LABELS]


def _beginning(report: NormalisedReport) -> NormalisedReport:
    left, sections = _READ_CHARS, []
    for section in report.sections:
        if left <= 0:
            break
        sections.append(section.model_copy(update={"text": section.text[:left]}))
        left -= len(section.text)
    return report.model_copy(update={"sections": tuple(sections)})


def _indicators(
    report: NormalisedReport, passages: Sequence[Passage], labels: Sequence[Label]
) -> Iterator[Citation]:
    inferred = {
        ordinal
        for label in labels
        if label.kind is LabelKind.PASSAGE_KIND and label.value == SectionKind.RESULTS
        for ordinal in label.passages
    }
    for passage in passages:
        if passage.section >= len(report.sections):
            return
        section = report.sections[passage.section]
        if section.kind is SectionKind.RESULTS or (
            not section.kind and passage.ordinal in inferred
        ):
            within = Span(passage.start, min(passage.end, len(section.text)))
            language = (report.language or "").partition("-")[0]
            yield from indicators(passage.section, section, within, language)


def _bounded(citations: Iterable[Citation]) -> Iterator[Citation]:
    """The first of each kind."""
    taken: Counter[LabelKind] = Counter()
    for citation in citations:
        if taken[citation.kind] < _MOST[citation.kind]:
            taken[citation.kind] += 1
            yield citation


def _label(citation: Citation, report: NormalisedReport, passages: Sequence[Passage]) -> Label:
    text = report.sections[citation.section].text
    start = citation.span.start
    # What is cited must be in the text as it is, so it is cut and not shortened with an ellipsis.
    words = text[start : min(citation.span.end, start + MAX_VALUE_CHARS)].rstrip()
    return Label(
        kind=citation.kind,
        value=citation.value or words,
        confidence=citation.confidence,
        passages=_passages(citation, passages, start + len(words)),
        span=TextSpan(section=citation.section, start=start, end=start + len(words)),
        number=citation.number,
        unit=citation.unit,
    )


def _passages(citation: Citation, passages: Sequence[Passage], end: int) -> tuple[int, ...]:
    return tuple(
        passage.ordinal
        for passage in passages
        if passage.section == citation.section
        and passage.start < end
        and passage.end > citation.span.start
    )[:12]
