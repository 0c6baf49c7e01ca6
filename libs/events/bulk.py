"""What is answered to many reports at once: one line of NDJSON for each, then a summary."""

from collections import Counter
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Problem = dict[str, Any]
"""A problem document (RFC 9457), as it would be answered to the report alone."""


class CellWarning(BaseModel):
    """A cell that was left out of its report, and why; the report was taken in without it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: int
    header: str
    detail: str


class Answer(BaseModel):
    """What became of one report: `status` is what it alone would have been answered with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    line: Annotated[int | None, Field(description="Line of an NDJSON body, from 1.")] = None
    row: Annotated[int | None, Field(description="Row of a table, as spreadsheets count.")] = None
    status: int
    report_id: str | None = None
    version: int | None = None
    external_id: str | None = None
    location: str | None = None
    problem: Problem | None = None
    warnings: tuple[CellWarning, ...] = ()


class Summary(BaseModel):
    """How many of which; `stopped` tells why what came behind was not looked at, if so."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    received: int
    accepted: Annotated[int, Field(description="New reports and new versions: 202.")]
    unchanged: Annotated[int, Field(description="The same was there already: 200.")]
    refused: Annotated[int, Field(description="Anything else.")]
    stopped: Problem | None = None


class LastLine(BaseModel):
    """The last line of the answers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    summary: Summary


def summary_of(statuses: Counter[int], stopped: Problem | None = None) -> LastLine:
    """The last line, from how often each status was answered."""
    accepted, unchanged = statuses[202], statuses[200]
    received = statuses.total()
    return LastLine(
        summary=Summary(
            received=received,
            accepted=accepted,
            unchanged=unchanged,
            refused=received - accepted - unchanged,
            stopped=stopped,
        )
    )


def ndjson(model: BaseModel) -> bytes:
    """A model as one line, without what it does not have."""
    return model.model_dump_json(exclude_defaults=True).encode() + b"\n"
