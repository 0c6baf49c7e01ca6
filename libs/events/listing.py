"""Pages of a list: opaque cursors, no offsets."""

import base64
import datetime as dt
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from libs.errors import FieldError, InvalidInput
from libs.events.report import Receipt


class ReportPage(BaseModel):
    """One page of reports in order of arrival; `next` is the cursor of the page behind it."""

    model_config = ConfigDict(frozen=True)

    items: list[Receipt]
    next: str | None


class Cursor(BaseModel):
    """Where a page ends: the last report's creation time and id."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    created_at: AwareDatetime
    report_id: Annotated[str, Field(pattern=r"^[0-9a-f-]{36}$")]

    def encode(self) -> str:
        """As opaque text."""
        return base64.urlsafe_b64encode(self.model_dump_json().encode()).decode()


def read_cursor(text: str) -> Cursor:
    """Raises InvalidInput when the text is not a cursor of ours. Its moment is in UTC."""
    try:
        cursor = Cursor.model_validate_json(base64.urlsafe_b64decode(text.encode()))
        moment = cursor.created_at.astimezone(dt.UTC)
    except (ValidationError, ValueError, OverflowError) as error:
        raise InvalidInput(
            "The cursor is not one of ours. Take it from `next` of the page before.",
            errors=(FieldError("/query/cursor", "Not a cursor"),),
        ) from error
    return cursor.model_copy(update={"created_at": moment})
