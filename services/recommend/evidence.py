"""The evidence ladder: how a report says that its results were seen (docs/adr/0028)."""

from collections.abc import Sequence
from typing import Final

from libs.events.cards import Citation, EvidenceGrade, EvidenceLevel
from libs.events.labels import Label, LabelKind
from libs.events.report import ReportContent
from services.recommend.citing import Citing

_GRADES: Final = tuple(EvidenceGrade)
# What sorting reads in a text (services/embed/sorting/evidence.py), and its step of the ladder.
_GRADE_OF: Final = {
    "counted": EvidenceGrade.MEASURED,
    "before-and-after": EvidenceGrade.MEASURED,
    "comparison-group": EvidenceGrade.COMPARED,
    "external-evaluation": EvidenceGrade.EVALUATED,
    "repeated-elsewhere": EvidenceGrade.REPEATED,
}
# A ladder is climbed: others' praise without a figure, or a copy elsewhere without anyone's
# look at what came of it, is no higher than what else the text tells.
_RESTS_ON: Final = {
    EvidenceGrade.EVALUATED: {EvidenceGrade.MEASURED, EvidenceGrade.COMPARED},
    EvidenceGrade.REPEATED: {EvidenceGrade.COMPARED, EvidenceGrade.EVALUATED},
}
# A list of fewer is no method set out step by step; sorting finds none of fewer either.
_FEWEST_STEPS: Final = 3


def evidence_level(content: ReportContent, labels: Sequence[Label]) -> EvidenceLevel | None:
    """The highest step that the report says something of, cited; None leaves it ungraded."""
    citing = Citing(content)
    seen = _observed(labels, citing)
    if figure := _figure(content, citing):
        # What its partner gives goes before what was found.
        seen[EvidenceGrade.MEASURED] = _level(EvidenceGrade.MEASURED, figure)
    reached: dict[EvidenceGrade, EvidenceLevel] = {}
    for grade in _GRADES:
        rests_on = _RESTS_ON.get(grade)
        if grade in seen and (rests_on is None or rests_on & reached.keys()):
            reached[grade] = seen[grade]
    return [*reached.values()][-1] if reached else _described(content, labels, citing)


def _observed(labels: Sequence[Label], citing: Citing) -> dict[EvidenceGrade, EvidenceLevel]:
    """What sorting found in the text; the first of each step."""
    found: dict[EvidenceGrade, EvidenceLevel] = {}
    for label in labels:
        grade = _GRADE_OF.get(label.value) if label.kind is LabelKind.EVIDENCE else None
        citation = citing.quotation(label.span) if grade and label.span else None
        if grade and citation:
            found.setdefault(grade, _level(grade, citation, label.confidence))
    return found


def _figure(content: ReportContent, citing: Citing) -> Citation | None:
    """The first result that was given with a figure."""
    for number, result in enumerate(content.report.results):
        if result.value is not None and any(map(str.isdigit, str(result.value))):
            return citing.field("results", number)
    return None


def _described(
    content: ReportContent, labels: Sequence[Label], citing: Citing
) -> EvidenceLevel | None:
    """A method that is set out: described or in steps by its partner, or in steps in the text."""
    for number, method in enumerate(content.report.methods):
        if method.description:
            return _level(EvidenceGrade.DESCRIBED, citing.field("methods", number, "description"))
        if len(method.steps) >= _FEWEST_STEPS:
            return _level(EvidenceGrade.DESCRIBED, citing.field("methods", number, "steps"))
    steps = [label for label in labels if label.kind is LabelKind.STEP and label.span]
    if len(steps) >= _FEWEST_STEPS and steps[0].span:
        citation = citing.quotation(steps[0].span)
        return _level(EvidenceGrade.DESCRIBED, citation, steps[0].confidence) if citation else None
    return None


def _level(
    grade: EvidenceGrade, citation: Citation, confidence: float | None = None
) -> EvidenceLevel:
    level = _GRADES.index(grade) + 1
    return EvidenceLevel(
        level=level,
        grade=grade,
        part=level / len(_GRADES),
        origin="given" if confidence is None else "found",
        confidence=confidence,
        citation=citation,
    )
