"""What is kept of a report version, and how it is made of what ingest tells."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from libs.events.cards import EvidenceLevel
from libs.events.labels import Label, LabelKind
from libs.events.report import ReportContent
from services.recommend.evidence import evidence_level
from services.recommend.ready_statements import NONE, ReadyStatements
from services.recommend.statements import statements

# The others are in the statements already.
_KEPT_LABELS: Final = {LabelKind.SDG, LabelKind.THEME, LabelKind.TARGET_GROUP}
# What a record takes in memory beside its statements, as tracemalloc counted it: see ADR 33.
_BYTES: Final = 1_000
_BYTES_A_BYTE: Final = 7


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept of a report version: its content without sections, and what they say.

    `labels` are the goals, themes and target groups that were found; `size` is what it takes in
    memory, in bytes.
    """

    content: ReportContent
    labels: tuple[Label, ...] = ()
    statements: ReadyStatements = field(default=NONE)
    evidence_level: EvidenceLevel | None = None
    size: int = _BYTES


def read(content: ReportContent, labels: Sequence[Label]) -> Record:
    """The record of a version, whose content has its sections."""
    kept = content.model_copy(update={"report": content.report.model_copy(update={"sections": ()})})
    told = ReadyStatements.of(statements(content, labels))
    length = len(kept.model_dump_json(exclude_defaults=True))
    return Record(
        content=kept,
        labels=tuple(label for label in labels if label.kind in _KEPT_LABELS),
        statements=told,
        evidence_level=evidence_level(content, labels),
        size=_BYTES + _BYTES_A_BYTE * length + told.size,
    )
