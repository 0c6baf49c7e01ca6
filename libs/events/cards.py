"""What a method card says of a project, each statement with the place that it was read from."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from libs.events.report import Pointer

Share = Annotated[float, Field(ge=0, le=1)]


class Told(BaseModel):
    """Parent of what a card tells; fields may be added to it."""

    model_config = ConfigDict(frozen=True)


class StatementKind(StrEnum):
    """What a statement tells of, in the order of a card."""

    CHALLENGE = "challenge"
    METHOD = "method"
    TARGET_GROUP = "target_group"
    PLACE = "place"
    OUTCOME = "outcome"
    RESULT = "result"
    MONEY = "money"
    STAFF = "staff"
    PARTNERS = "partners"
    TIME = "time"
    NEEDS = "needs"
    STEP = "step"
    LESSON = "lesson"
    RISK = "risk"
    QUOTATION = "quotation"


class QuotedDocument(Told):
    """The document that a quotation stands in; `number` counts the report's documents from 0."""

    number: int
    filename: str
    link: Annotated[str, Field(description="Where the original waits.")]


class Citation(Told):
    """Where a statement was read: a verbatim quotation in a text, or a value of a field.

    A quotation has `section`, `start` and `end`, which count characters in that section's text of
    the report's normalised content. A field has `pointer`, a JSON pointer (RFC 6901) into the
    report's content, and the `value` that stands there.
    """

    report_id: str
    version: int
    document: QuotedDocument | None = None
    page: int | None = None
    quote: str | None = None
    section: int | None = None
    start: int | None = None
    end: int | None = None
    pointer: Pointer | None = None
    value: JsonValue = None
    link: Annotated[str, Field(description="Page where the citation is shown in its report.")]

    @model_validator(mode="after")
    def _cites_one_place(self) -> Self:
        span = (self.quote, self.section, self.start, self.end)
        if (self.pointer is None) == any(each is None for each in span):
            msg = "a citation has a quote with its span, or a pointer"
            raise ValueError(msg)
        return self


class Statement(Told):
    """One thing that a report says. `found`: nobody gave it, it was read out of the text.

    What was found has the confidence of the rule or model that found it. `code` is an id of the
    taxonomy or of a fixed list, where the statement is one.
    """

    kind: StatementKind
    text: str
    origin: Literal["given", "found"]
    confidence: Annotated[Share | None, Field(description="Of what was found.")] = None
    code: str | None = None
    citation: Citation


class EvidenceGrade(StrEnum):
    """How results were seen, from weak to strong; in the shape of Nesta's Standards of Evidence.

    https://www.nesta.org.uk/report/nesta-standards-of-evidence/
    """

    DESCRIBED = "described"
    MEASURED = "measured"
    COMPARED = "compared"
    EVALUATED = "evaluated"
    REPEATED = "repeated"


class EvidenceLevel(Told):
    """How a report says that its results were seen. None is said of a report that is ungraded.

    It is no grade of the project: `note` is the key of the sentence, in an answer's `wording` and
    the pages' translations, that says what it is not.
    """

    level: Annotated[int, Field(ge=1, le=5)]
    grade: EvidenceGrade
    part: Annotated[Share, Field(description="The level as a part of a ranking: level / 5.")]
    origin: Literal["given", "found"]
    confidence: Annotated[Share | None, Field(description="Of what was found.")] = None
    citation: Citation
    note: Literal["evidence.note"] = "evidence.note"
