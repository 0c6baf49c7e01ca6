"""What a card's place in an answer is made of."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class PartName(StrEnum):
    """What is weighed."""

    MATCH = "match"
    EVIDENCE = "evidence"
    PLACE = "place"
    NEEDS = "needs"
    FRESHNESS = "freshness"
    FEEDBACK = "feedback"


class ScorePart(BaseModel):
    """One part. Without a value it counts as the neutral one: not knowing is no fault."""

    model_config = ConfigDict(frozen=True)

    value: Annotated[float | None, Field(ge=0, le=1, description="None where it is unknown.")]
    code: Annotated[str, Field(description="Why it has this value, or none.")]


class ScoredPart(ScorePart):
    """A part as it was weighed; a weight of 0 means that it is shown and does not count."""

    name: PartName
    weight: Annotated[float, Field(ge=0)]


class Score(BaseModel):
    """The parts and what they come to: the product of each part to the power of its weight."""

    model_config = ConfigDict(frozen=True)

    parts: tuple[ScoredPart, ...]
    total: Annotated[float, Field(ge=0, le=1, description="Comparable within one answer.")]
