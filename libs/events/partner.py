"""What partners put on topics of their own: reports handed over, reports taken back.

The models are the contract; the published JSON Schemas are made from them. Both say the same but
for `RULES`, which JSON Schema has no words for.
"""

import base64
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints, model_validator

from libs.errors import InvalidInput
from libs.events.envelope import CloudEvent, Envelope, read_event
from libs.events.report import (
    BLANKS,
    MAX_DOCUMENTS,
    Line,
    ReportSubmission,
    SourceName,
    Strict,
)

REGION = "[a-z0-9-]{1,64}"
RULES = (
    "Beyond this schema: white space around a value is dropped and then does not count; an "
    "integer is written without a fraction; `time` is not in the future; a period does not end "
    "before it starts; themes and target groups are known ones; a place's NUTS code lies in its "
    "country; a document is of a kind that is read here and is what its media type says."
)

Base64 = Annotated[
    str,
    StringConstraints(
        # Without line breaks, with padding: RFC 4648, section 4.
        pattern=r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
        min_length=4,
    ),
    Field(json_schema_extra={"contentEncoding": "base64"}),
]

# Python's `str.strip` drops four more characters than pydantic does.
_WRITTEN: dict[str, Any] = {"pattern": rf"[^\u001c-\u001f{BLANKS}]"}
# A report has its text in `text` or `sections`, or in a document.
_HAS_TEXT: dict[str, Any] = {
    "anyOf": [
        {
            "required": ["text"],
            "properties": {
                "text": {"type": "string", **_WRITTEN},
                "documents": {"maxItems": 0},
            },
        },
        {
            "required": ["sections"],
            "properties": {
                "sections": {"contains": {"properties": {"text": _WRITTEN}}},
                "documents": {"maxItems": 0},
            },
        },
        {
            "required": ["documents"],
            "properties": {
                "text": {"type": "null"},
                "sections": {"maxItems": 0},
                "documents": {"minItems": 1},
            },
        },
    ]
}
_ONE_ID: dict[str, Any] = {
    "oneOf": [
        {"required": ["external_id"], "properties": {"external_id": {"type": "string"}}},
        {"required": ["report_id"], "properties": {"report_id": {"type": "string"}}},
    ]
}


class InlineDocument(Strict):
    """A document within the message. One that does not fit is sent by HTTP."""

    filename: Annotated[Line, Field(max_length=255)]
    media_type: Annotated[
        str | None, Field(max_length=100, description="Told from the bytes where it is left out.")
    ] = None
    content: Base64

    def decoded(self) -> bytes:
        """The document's bytes."""
        return base64.b64decode(self.content, validate=True)


class PartnerReport(ReportSubmission):
    """A report: its metadata, and its text as one piece, in sections, or in a document."""

    model_config = ConfigDict(json_schema_extra=_HAS_TEXT)

    documents: Annotated[tuple[InlineDocument, ...], Field(max_length=MAX_DOCUMENTS)] = ()

    @model_validator(mode="after")
    def _has_text(self) -> Self:
        if self.documents and (self.text is not None or self.sections):
            msg = "a report with `documents` has its text in them: leave `text` and `sections` out"
            raise ValueError(msg)
        if not self.documents and not self.written:
            msg = "a report needs some text: fill `text`, `sections` or `documents`"
            raise ValueError(msg)
        return self


class PartnerWithdrawal(Strict):
    """Which report is taken back: by the partner's own id, or by the one in its receipt.

    `source` is the system that the partner's own id is of, where the report was sent with one.
    """

    model_config = ConfigDict(json_schema_extra=_ONE_ID)

    external_id: Line | None = None
    source: SourceName | None = None
    report_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f-]{36}$")] | None = None

    @model_validator(mode="after")
    def _one_id(self) -> Self:
        if (self.external_id is None) == (self.report_id is None):
            msg = "name the report by `external_id` or by `report_id`, and not by both"
            raise ValueError(msg)
        return self


class PartnerEnvelope(Envelope):
    """What a partner's events have in common."""

    id: Annotated[
        str,
        Field(
            min_length=1,
            max_length=200,
            description="New for each event. The same again, from the same source, does nothing.",
        ),
    ]
    source: Annotated[
        str,
        Field(
            max_length=200,
            # Printable ASCII behind the region, as in any URI reference.
            pattern=rf"^/partners/{REGION}(/[!-~]*)?$",
            description="`/partners/` and the region of the topic's name, and more if you like.",
        ),
    ]
    time: Annotated[
        AwareDatetime,
        Field(
            description="When it happened. An event that is older than another of the same report "
            "that was handled, or than a change made by HTTP, is refused."
        ),
    ]


class PartnerReportSubmitted(PartnerEnvelope):
    """A partner hands a report over, or a new version of it."""

    TYPE: ClassVar[str] = "report.submitted"

    type: Literal["report.submitted"]
    data: PartnerReport


class PartnerReportWithdrawn(PartnerEnvelope):
    """A partner takes a report back."""

    TYPE: ClassVar[str] = "report.withdrawn"

    type: Literal["report.withdrawn"]
    data: PartnerWithdrawal


PartnerEvent = PartnerReportSubmitted | PartnerReportWithdrawn
PARTNER_EVENTS: tuple[type[PartnerEvent], ...] = (PartnerReportSubmitted, PartnerReportWithdrawn)


def read_partner_event(event: CloudEvent) -> PartnerEvent:
    """The event as its model. Raises InvalidInput for another type, or with what is wrong."""
    for kind in PARTNER_EVENTS:
        if event.type == kind.TYPE:
            return read_event(event, kind)
    raise InvalidInput(
        f"type {event.type} is not taken here: send report.submitted or report.withdrawn",
        code="unexpected-event-type",
    )
