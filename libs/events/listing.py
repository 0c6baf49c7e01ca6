"""Pages of a list: what is asked for, and opaque cursors without offsets."""

import base64
import datetime as dt
import re
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from libs.errors import FieldError, InvalidInput
from libs.events.report import (
    CountryCode,
    Line,
    Receipt,
    ReportStatus,
    Slug,
    SourceName,
    VersionInfo,
)

C = TypeVar("C", bound=BaseModel)


def _in_utc(moment: dt.datetime) -> dt.datetime:
    try:
        return moment.astimezone(dt.UTC)
    except OverflowError as error:
        raise ValueError("this moment is before or after all time in UTC") from error


def _written_out(moment: Any) -> Any:
    # A number would be taken for seconds, or from some size on for milliseconds, since 1970.
    if isinstance(moment, str) and not re.match(r"\d{4}-", moment):
        raise ValueError("write a date, a time and its zone, as in 2026-05-04T12:00:00Z")
    return moment


Moment = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_in_utc)]
PartnerName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,64}$")]
_Id = Annotated[str, Field(pattern=r"^[0-9a-f-]{36}$")]
_Language = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)
]


class PageQuery(BaseModel):
    """Which page of a list. An unknown parameter is an error that names it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cursor: Annotated[
        str | None, Field(max_length=500, description="`next` of the page before; never expires.")
    ] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class ListQuery(PageQuery):
    """Which reports, and which page of them; a page behind is asked for with the same filters."""

    status: ReportStatus | None = None
    partner: Annotated[
        PartnerName | None,
        Field(description="Who handed it over; a Kafka topic's region. Everybody may read all."),
    ] = None
    source: Annotated[SourceName | None, Field(description="The system they come from.")] = None
    external_id: Annotated[Line | None, Field(description="Your own id.")] = None
    language: Annotated[_Language | None, Field(description="BCP 47; `sv` finds `sv-FI` too.")] = (
        None
    )
    country: Annotated[CountryCode | None, Field(description="Where it happened.")] = None
    theme: Slug | None = None
    title: Annotated[Line | None, Field(description="Part of the title, in any case.")] = None
    rejection_code: Annotated[Slug | None, Field(description="As in `rejection.code`.")] = None
    submitted_after: Annotated[
        Moment | None, Field(description="The newest version came in then or later.")
    ] = None
    submitted_before: Annotated[
        Moment | None, Field(description="The newest version came in before then.")
    ] = None
    updated_since: Annotated[
        Moment | None,
        Field(
            description="The feed of changes, withdrawals among them, in order of the last change."
            " Next time ask for what changed since the last `updated_at` that you saw."
        ),
    ] = None


class ReportPage(BaseModel):
    """One page of reports; `next` is the cursor of the page behind it."""

    model_config = ConfigDict(frozen=True)

    items: list[Receipt]
    next: str | None


class VersionPage(BaseModel):
    """One page of a report's versions, newest first; `next` is the cursor of the page behind it."""

    model_config = ConfigDict(frozen=True)

    items: list[VersionInfo]
    next: str | None


class _Cursor(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    def encode(self) -> str:
        """As opaque text."""
        return base64.urlsafe_b64encode(self.model_dump_json().encode()).decode()


class Cursor(_Cursor):
    """Where a page in order of arrival ends: the last report's creation time and id."""

    created_at: Moment
    report_id: _Id


class ChangeCursor(_Cursor):
    """Where a page of the feed ends: the last report's change and id."""

    updated_at: Moment
    report_id: _Id


class VersionCursor(_Cursor):
    """Where a page of versions ends."""

    version: Annotated[int, Field(ge=1, le=2**31 - 1)]


class NeedCursor(_Cursor):
    """Where a page of unmet needs ends."""

    seq: Annotated[int, Field(ge=1, le=2**31 - 1)]


def read_cursor(text: str, kind: type[C]) -> C:
    """Raises InvalidInput when the text is not a cursor of ours for this list."""
    try:
        return kind.model_validate_json(base64.urlsafe_b64decode(text.encode()))
    except (ValidationError, ValueError) as error:
        raise InvalidInput(
            "The cursor is not one of ours. Take it from `next` of the page before, and ask for "
            "the same list as there.",
            errors=(FieldError("/query/cursor", "Not a cursor of this list"),),
        ) from error
