"""What was found out about a report by reading it: never what its partner said."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MAX_LABELS = 60
MAX_SUPPORT = 12
MAX_VALUE_CHARS = 300


class LabelKind(StrEnum):
    """What a label tells of."""

    SDG = "sdg"
    THEME = "theme"
    TARGET_GROUP = "target_group"
    PASSAGE_KIND = "passage_kind"
    METHOD = "method"
    STEP = "step"
    INDICATOR = "indicator"
    QUOTATION = "quotation"
    EVIDENCE = "evidence"


class Found(BaseModel):
    """Base of what is found; as strict as all payloads, which the report model builds on this."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TextSpan(Found):
    """Characters `start` up to `end` of a section's text; sections count from 0."""

    section: Annotated[int, Field(ge=0)]
    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=1)]


class Label(Found):
    """One thing found, how sure it is, and the passages (by their ordinals) that support it.

    `value` is an id of the taxonomy or of a fixed list, or what `span` holds, verbatim up to 300
    characters. An indicator has its `number` and `unit` too.
    """

    kind: LabelKind
    value: Annotated[str, StringConstraints(min_length=1, max_length=MAX_VALUE_CHARS)]
    confidence: Annotated[float, Field(ge=0, le=1)]
    passages: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(max_length=MAX_SUPPORT)] = ()
    span: TextSpan | None = None
    number: Annotated[float | None, Field(allow_inf_nan=False)] = None
    unit: Annotated[
        str | None, Field(max_length=50, description="Of an indicator: `%`, or a word.")
    ] = None


Labels = Annotated[tuple[Label, ...], Field(max_length=MAX_LABELS)]


class InferredLabel(Label):
    """A label in a receipt. `provenance` says that nobody gave it."""

    provenance: Literal["inferred"] = "inferred"
