"""The numbers of the ranking, read from `weights.toml` beside this file."""

import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from libs.events.ranking import PartName

FILE: Final = Path(__file__).with_name("weights.toml")
Share = Annotated[float, Field(ge=0, le=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Methods(_Strict):
    """The second route's share of the match."""

    share: Share


class Freshness(_Strict):
    """How soon a project is old."""

    half_life_years: Annotated[float, Field(gt=0)]


class Diversity(_Strict):
    """How much a report's own worth counts against its likeness to those above it."""

    relevance: Share
    alike_from: Annotated[float, Field(ge=0, lt=1)]


class Weights(_Strict):
    """All of them."""

    neutral: Annotated[float, Field(gt=0, le=1)]
    weights: Mapping[PartName, Annotated[float, Field(ge=0)]]
    methods: Methods
    freshness: Freshness
    diversity: Diversity

    @classmethod
    def load(cls, off: Collection[PartName] = ()) -> "Weights":
        """The file's weights, with those of the parts that are switched off set to 0."""
        read = cls.model_validate(tomllib.loads(FILE.read_text(encoding="utf-8")))
        weights = {name: 0.0 if name in off else read.weights[name] for name in PartName}
        return read.model_copy(update={"weights": weights})
