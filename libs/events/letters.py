"""Dead letters as operators see them."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import Base64Bytes, Field

from libs.events.report import Strict

MAX_REASON = 1_000


class Handled(Strict):
    """What was done with a letter, and when."""

    verdict: Literal["retried", "dropped"]
    reason: str | None
    at: dt.datetime


class LetterSummary(Strict):
    """A dead letter without the message itself.

    `id` is `topic:partition:offset`. `key` is the report's id unless a partner's producer did
    otherwise. What a letter's headers do not say is null or empty.
    """

    id: str
    topic: str
    partition: int
    offset: int
    time: dt.datetime
    key: str
    group: str
    error: str
    code: str
    reason: str
    attempts: int | None
    retried: int
    size: int


class LetterPage(Strict):
    """The newest letters that nobody has dealt with, oldest of them first.

    `total` counts all there are; `complete` is false when the time was up before all were read.
    """

    items: tuple[LetterSummary, ...]
    total: int
    complete: bool


class WholeLetter(LetterSummary):
    """A letter with its headers and its bytes. It may hold what a report says.

    `value` is base64; `text` the same as text where it is UTF-8. `left_out` is the size of a
    message that was too large to be kept.
    """

    headers: tuple[tuple[str, str], ...]
    value: Base64Bytes
    text: str | None
    left_out: int | None
    handled: Handled | None


class Retried(Strict):
    """How many letters were sent back, and which could not be, with the reason.

    `complete` is false when more are left than one call takes; call again.
    """

    retried: int
    failed: dict[str, str]
    complete: bool


class DropRequest(Strict):
    """Why a letter is not to be sent back."""

    reason: Annotated[str, Field(min_length=1, max_length=MAX_REASON, pattern=r"^[^\x00]*$")]
