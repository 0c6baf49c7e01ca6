"""What somebody says of a card: was it useful, was it tried, or was it beside the point."""

import datetime as dt
from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from libs.events.recommendation import Answer
from libs.events.report import Line, Strict, Text

MAX_REASON_CHARS = 2_000
# As large as an INTEGER of PostgreSQL.
MAX_VERSION = 2**31 - 1


class Verdict(StrEnum):
    """What somebody says of a report that was recommended to her."""

    USEFUL = "useful"
    TRIED = "tried"
    NOT_RELEVANT = "not_relevant"


class FeedbackRequest(Strict):
    """A verdict on a card of an answer. Say nothing of persons: who you are is not asked."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        str_strip_whitespace=True,
        json_schema_extra={
            "examples": [
                {
                    "report_id": "3f0a4b52-7c1e-5d7e-9a3b-0c2f4b8d6e10",
                    "version": 1,
                    "verdict": "tried",
                    "reason": "Vi provade uppsökande arbete, och det höll.",
                }
            ]
        },
    )

    report_id: Annotated[str, Field(pattern=r"^[0-9a-f-]{36}$", description="As in the card.")]
    version: Annotated[int, Field(strict=True, ge=1, le=MAX_VERSION, description="As in the card.")]
    verdict: Verdict
    method: Annotated[Line | None, Field(description="Name of one of the card's methods.")] = None
    answer: Annotated[
        str | None, Field(pattern=r"^[0-9a-f]{32}$", description="The answer's `trace_id`.")
    ] = None
    challenge: Annotated[
        str | None,
        Field(
            pattern=r"^[0-9a-f]{64}$",
            description="SHA-256 of what was asked, hexadecimal; it tells answers of one apart.",
        ),
    ] = None
    reason: Annotated[
        Annotated[Text, StringConstraints(max_length=MAX_REASON_CHARS)] | None,
        Field(description="Why. Read by those who run Navigator, and never shown to others."),
    ] = None


class FeedbackReceipt(Answer):
    """The verdict as it stands in the record."""

    id: str
    report_id: str
    version: int
    verdict: Verdict
    created_at: dt.datetime
