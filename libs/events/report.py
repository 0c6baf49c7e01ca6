"""The report model: what a partner hands over, and the normalised record made of it.

Only a title and some text are required. What a partner leaves out stays empty; nothing
is invented.
"""

import datetime as dt
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from libs.events.labels import InferredLabel
from libs.events.pointers import json_pointer

# Of a report's sections together, however they came.
MAX_TEXT_CHARS = 5_000_000
# A report with its annexes. The limit on a body's size holds for all of them together.
MAX_DOCUMENTS = 10
# What does not count as text, for a regular expression that every engine reads alike: `\s`
# means something else in each of them.
BLANKS = r"\u0000\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"


def _without_nul(value: object) -> object:
    # The embedding model's tokenizer cuts a text silently at NUL (docs/adr/0004). It goes before
    # blanks do, which may stand behind it.
    return value.replace("\x00", "") if isinstance(value, str) else value


_WithoutNul = BeforeValidator(_without_nul)
Line = Annotated[
    str,
    # Before what follows too, which otherwise measures a blank text before it is stripped.
    StringConstraints(strip_whitespace=True),
    StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000),
    Field(json_schema_extra={"pattern": f"[^{BLANKS}]"}),
    _WithoutNul,
]
Text = Annotated[str, StringConstraints(max_length=MAX_TEXT_CHARS), _WithoutNul]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254), _WithoutNul]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
NutsCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[A-Z0-9]{0,3}$")]
CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
SourceName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)
]
LanguageTag = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Pointer = Annotated[str, StringConstraints(pattern=r"^(/([^~/]|~[01])*)+$", max_length=1_000)]


class Strict(BaseModel):
    """Base of all payloads: frozen, and an unknown field is an error that names it."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class SectionKind(StrEnum):
    """What a part of a report tells about."""

    CHALLENGE = "challenge"
    METHOD = "method"
    NEEDS = "needs"
    RESULTS = "results"
    FAILURES = "failures"
    LESSONS = "lessons"
    OTHER = "other"


class Outcome(StrEnum):
    """How the project went, in its own words. A failure is knowledge."""

    SUCCEEDED = "succeeded"
    MIXED = "mixed"
    FAILED = "failed"


class SubmittedSection(Strict):
    """One part of a report's text as its partner hands it over."""

    text: Text
    heading: Line | None = None
    kind: SectionKind | None = None
    # A page beyond this is a mistake, and beyond 2^63 no engine would take it.
    page: Annotated[int, Field(ge=1, le=1_000_000)] | None = None


class Section(SubmittedSection):
    """One part of a report's text, with the place that it came from.

    `document` is the number of the document that it stands in; its place there is `page`.
    """

    document: Annotated[int, Field(ge=0)] | None = None


class Organisation(Strict):
    """An organisation that took part."""

    name: Line
    country: CountryCode | None = None


class Place(Strict):
    """Where it happened: ISO 3166 country, NUTS-3 code, LAU code, the place's own name."""

    country: CountryCode
    nuts: NutsCode | None = None
    lau: Annotated[str, StringConstraints(max_length=20), _WithoutNul] | None = None
    name: Line | None = None


class Period(Strict):
    """First and last day; an open end is a project that goes on."""

    start: dt.date | None = None
    end: dt.date | None = None

    @model_validator(mode="after")
    def _start_before_end(self) -> Self:
        if self.start and self.end and self.end < self.start:
            msg = "end is before start"
            raise ValueError(msg)
        return self


class Budget(Strict):
    """An amount in a currency (ISO 4217)."""

    amount: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class Needs(Strict):
    """What a method takes, in the report's words."""

    money: Line | None = None
    staff: Line | None = None
    partners: Line | None = None
    time: Line | None = None


class Method(Strict):
    """Something that was done and can be done again elsewhere."""

    name: Line
    description: Text | None = None
    steps: tuple[Line, ...] = ()
    needs: Needs = Needs()


class Result(Strict):
    """What came of it: an indicator with its value, or a sentence."""

    indicator: Line | None = None
    # NaN and infinity are not JSON: they could be taken in, but never be given out again.
    value: Annotated[float, Field(allow_inf_nan=False)] | Text | None = None
    unit: Line | None = None
    text: Text | None = None


class Contact(Strict):
    """Whom to call."""

    name: Line
    role: Line | None = None
    organisation: Line | None = None
    phone: Line | None = None
    email: Email | None = None


class Link(Strict):
    """A page on the web that tells more."""

    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=2_000), _WithoutNul]
    title: Line | None = None


class ReportMetadata(Strict):
    """What is known about a report besides its text. The title is the one required field."""

    title: Line
    external_id: Line | None = None
    source: Annotated[
        SourceName | None,
        Field(description="Your name of the system it comes from; `external_id` is unique in it."),
    ] = None
    language: LanguageTag | None = None
    summary: Text | None = None
    programme: Line | None = None
    funder: Line | None = None
    period: Period | None = None
    budget: Budget | None = None
    lead_organisation: Organisation | None = None
    partner_organisations: tuple[Organisation, ...] = ()
    places: tuple[Place, ...] = ()
    themes: tuple[Slug, ...] = ()
    target_groups: tuple[Slug, ...] = ()
    sdgs: tuple[Annotated[int, Field(ge=1, le=17)], ...] = ()
    outcome: Outcome | None = None
    methods: tuple[Method, ...] = ()
    results: tuple[Result, ...] = ()
    lessons: tuple[Text, ...] = ()
    contacts: tuple[Contact, ...] = ()
    links: tuple[Link, ...] = ()
    licence: Line | None = None
    illustrative: Annotated[
        bool, Field(description="An example written for demonstration, not a real project.")
    ] = False


class ReportSubmission(ReportMetadata):
    """A whole report as JSON: metadata, and its text as one piece or in sections."""

    text: Text | None = None
    sections: tuple[SubmittedSection, ...] = ()

    @property
    def written(self) -> bool:
        """True when there is text in it."""
        return any(text.strip() for text in (self.text or "", *(s.text for s in self.sections)))

    @model_validator(mode="after")
    def _has_text(self) -> Self:
        if not self.written:
            msg = "a report needs some text: fill `text` or `sections`"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _fits(self) -> Self:
        chars = len(self.text or "") + sum(len(section.text) for section in self.sections)
        if chars > MAX_TEXT_CHARS:
            msg = (
                f"`text` and `sections` hold {chars:,} characters, more than {MAX_TEXT_CHARS:,}: "
                "send the report itself without annexes, or in parts"
            )
            raise ValueError(msg)
        return self


class Origin(StrEnum):
    """How a field of the record came to be filled."""

    GIVEN = "given"
    EXTRACTED = "extracted"
    INFERRED = "inferred"


class Provenance(Strict):
    """Where a field comes from: from its partner, from what a document says of itself, or inferred.

    `source` is a JSON pointer into the report's content, to what the field was read from.
    """

    origin: Origin
    confidence: Annotated[
        float | None, Field(ge=0, le=1, description="How sure it is; of what was inferred.")
    ] = None
    source: Pointer | None = None

    @model_validator(mode="after")
    def _only_guesses_are_unsure(self) -> Self:
        if (self.confidence is not None) != (self.origin is Origin.INFERRED):
            msg = "what was inferred has a confidence, and nothing else has"
            raise ValueError(msg)
        return self


class NormalisedReport(ReportMetadata):
    """The record that ingest keeps and embed cuts into passages: always sections.

    `provenance` says of each field that is filled, by its JSON pointer, where it comes from.
    Records that were made before it was kept have none; all they hold was given.
    """

    sections: tuple[Section, ...]
    provenance: dict[Pointer, Provenance] = {}

    def is_given(self, field: str) -> bool:
        """False when a field was found out, and not said by the partner."""
        provenance = self.provenance.get(json_pointer((field,)))
        return provenance is None or provenance.origin is Origin.GIVEN


class ReportStatus(StrEnum):
    """Where a report version stands. `indexed`, `rejected` and `withdrawn` are final."""

    ACCEPTED = "accepted"
    NORMALISED = "normalised"
    INDEXED = "indexed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"

    @property
    def final(self) -> bool:
        """True when nothing more happens to this version by itself."""
        return self in {self.INDEXED, self.REJECTED, self.WITHDRAWN}


class StatusEntry(Strict):
    """One line of a report's history; `seq` numbers the lines of one report from 1."""

    seq: int
    version: int
    status: ReportStatus
    at: dt.datetime
    trace_id: str | None = None
    detail: dict[str, str | int | float] = {}


class Stage(Strict):
    """When a version came to a status, `seconds` after the stage before, and in which trace."""

    status: ReportStatus
    at: dt.datetime
    seconds: float
    trace_id: str | None = None


class Rejection(Strict):
    """Why a report was not taken in: a stable code, a reason in two languages, a way to mend it."""

    code: Slug
    reason_en: str
    reason_sv: str
    hint: str


class DocumentInfo(Strict):
    """An original as it was handed over; `size` in bytes, `sha256` in hexadecimal.

    `number` is its place among the report's documents, from 0; its bytes wait behind `link`.
    """

    number: int
    filename: str
    media_type: str
    size: int
    sha256: str
    link: str


FirstDocument = Annotated[DocumentInfo | None, Field(description="The first of `documents`.")]
Relation = Literal["self", "content", "events", "document", "versions", "external"]


class Receipt(Strict):
    """What became of a submission: the status resource behind `Location`."""

    report_id: str
    version: int
    status: ReportStatus
    title: str
    partner: str
    external_id: str | None
    source: str | None = None
    submitted_at: dt.datetime
    updated_at: dt.datetime
    passages: int | None = None
    rejection: Rejection | None = None
    document: FirstDocument = None
    documents: tuple[DocumentInfo, ...] = ()
    stages: Annotated[
        tuple[Stage, ...], Field(description="The way of this version, in order.")
    ] = ()
    labels: Annotated[
        tuple[InferredLabel, ...],
        Field(description="What was found out by reading this version; nothing of it was given."),
    ] = ()
    history: tuple[StatusEntry, ...] = ()
    links: dict[Relation, str] = {}


class VersionInfo(Strict):
    """One version of a report, in short; `digest` is over what was handed over."""

    version: int
    status: ReportStatus
    title: str
    digest: str
    submitted_at: dt.datetime
    updated_at: dt.datetime
    passages: int | None = None
    rejection: Rejection | None = None


class ReportContent(Strict):
    """One normalised version, as the other services read it from ingest."""

    report_id: str
    version: int
    partner: str
    report: NormalisedReport
    document: FirstDocument = None
    documents: tuple[DocumentInfo, ...] = ()
