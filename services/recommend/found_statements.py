"""Statements that nobody gave: sorting found them in the text (docs/adr/0023)."""

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from libs.events.cards import Citation, Statement, StatementKind
from libs.events.labels import Label, LabelKind
from libs.events.report import SectionKind
from libs.vectors.port import PassageHit
from services.recommend.citing import Citing
from services.recommend.given_statements import KIND_OF

_KIND_OF_LABEL: Final = {
    LabelKind.METHOD: StatementKind.METHOD,
    LabelKind.STEP: StatementKind.STEP,
    LabelKind.INDICATOR: StatementKind.RESULT,
    LabelKind.QUOTATION: StatementKind.QUOTATION,
}


def found(citing: Citing, labels: Sequence[Label]) -> Iterator[Statement]:
    """What the text says itself. A label whose words do not stand at its span is passed over."""
    for label in labels:
        kind = _KIND_OF_LABEL.get(label.kind)
        citation = citing.quotation(label.span) if kind and label.span else None
        if kind and citation and citation.quote == label.value:
            yield _found(kind, label.value, label.confidence, citation)


def matched(
    citing: Citing,
    labels: Sequence[Label],
    hits: Sequence[PassageHit],
    told: Collection[StatementKind],
) -> Iterator[Statement]:
    """What is known of passages that were found: their kinds, and the target groups they name.

    Only of kinds that are not told: a citation takes longer to make than all else of a plain card.
    """
    for hit in hits:
        if StatementKind.TARGET_GROUP not in told:
            yield from _groups(citing, labels, hit)
        kind, confidence = hit.payload.get("kind"), hit.payload.get("kind_confidence")
        if isinstance(kind, str) and isinstance(confidence, float):
            kind_of_passage = KIND_OF.get(SectionKind(kind))
            if kind_of_passage and kind_of_passage not in told and hit.payload["text"]:
                citation = citing.passage(hit)
                yield _found(kind_of_passage, citation.quote or "", confidence, citation)


def _groups(citing: Citing, labels: Sequence[Label], hit: PassageHit) -> Iterator[Statement]:
    for label in labels:
        if label.kind is LabelKind.TARGET_GROUP and hit.payload.get("ordinal") in label.passages:
            kind = StatementKind.TARGET_GROUP
            citation = citing.passage(hit)
            yield _found(kind, label.value, label.confidence, citation, code=label.value)


def _found(
    kind: StatementKind,
    text: str,
    confidence: float,
    citation: Citation,
    *,
    code: str | None = None,
) -> Statement:
    return Statement(
        kind=kind,
        text=text,
        origin="found",
        confidence=confidence,
        code=code,
        citation=citation,
    )
