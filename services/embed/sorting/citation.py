"""What the text itself says, found by rules, cited verbatim."""

from dataclasses import dataclass

from libs.events.labels import LabelKind
from services.embed.passages import Span


@dataclass(frozen=True, slots=True)
class Citation:
    """A span of a section; `confidence` is the rule's own, the same wherever it applies.

    `value` is for what is told by the span and not said in it: an evidence level.
    """

    kind: LabelKind
    section: int
    span: Span
    confidence: float
    number: float | None = None
    unit: str | None = None
    value: str | None = None
