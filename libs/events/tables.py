"""Tables with a report in each row: which column is which field, and how a file would be read."""

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, model_validator

from libs.events.bulk import CellWarning, Problem
from libs.events.report import CountryCode, LanguageTag, Line, Slug, Strict

CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
RowNumber = Annotated[int, Field(ge=1, le=1_048_576)]
ColumnNumber = Annotated[int, Field(ge=1, le=16_384)]


class ColumnField(StrEnum):
    """What a column can hold of a report. Those from `text` to `lessons` become its sections."""

    TITLE = "title"
    EXTERNAL_ID = "external_id"
    SUMMARY = "summary"
    TEXT = "text"
    CHALLENGE = "challenge"
    METHOD = "method"
    NEEDS = "needs"
    RESULTS = "results"
    FAILURES = "failures"
    LESSONS = "lessons"
    PROGRAMME = "programme"
    FUNDER = "funder"
    START = "start"
    END = "end"
    PERIOD = "period"
    BUDGET = "budget"
    CURRENCY = "currency"
    LEAD_ORGANISATION = "lead_organisation"
    PARTNERS = "partners"
    COUNTRY = "country"
    NUTS = "nuts"
    LAU = "lau"
    PLACE = "place"
    THEMES = "themes"
    TARGET_GROUPS = "target_groups"
    SDGS = "sdgs"
    CONTACT = "contact"
    CONTACT_EMAIL = "contact_email"
    LINK = "link"
    LANGUAGE = "language"
    LICENCE = "licence"


SECTIONS = (
    ColumnField.TEXT,
    ColumnField.CHALLENGE,
    ColumnField.METHOD,
    ColumnField.NEEDS,
    ColumnField.RESULTS,
    ColumnField.FAILURES,
    ColumnField.LESSONS,
)
SEVERAL_COLUMNS = frozenset(
    {
        *SECTIONS,
        ColumnField.PLACE,
        ColumnField.PARTNERS,
        ColumnField.LINK,
        ColumnField.THEMES,
        ColumnField.TARGET_GROUPS,
        ColumnField.SDGS,
    }
)
"""Fields that more than one column may fill; the others take one."""


class ColumnChoice(Strict):
    """One column by its number or its header; without a `field` it is left out."""

    column: Annotated[ColumnNumber | None, Field(description="From 1, as in the file.")] = None
    header: Annotated[str | None, StringConstraints(max_length=1_000)] = None
    field: ColumnField | None = None
    unit: Annotated[
        float | None,
        Field(gt=0, le=1e9, description="What one means in a column of amounts: 1000, 1000000."),
    ] = None
    currency: Annotated[
        CurrencyCode | None, Field(description="Of a column of amounts that does not tell it.")
    ] = None

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.column is None and self.header is None:
            msg = "name the column by its `column` number or its `header`"
            raise ValueError(msg)
        return self


class TableMapping(Strict):
    """What the sender knows better than the guess; what is not named here stays guessed."""

    header_row: Annotated[RowNumber | None, Field(description="Row of the headers.")] = None
    columns: Annotated[tuple[ColumnChoice, ...], Field(max_length=1_000)] = ()


class TableDefaults(Strict):
    """What holds for every row that does not say it itself."""

    language: LanguageTag | None = None
    country: CountryCode | None = None
    currency: CurrencyCode | None = None
    programme: Line | None = None
    funder: Line | None = None
    licence: Line | None = None
    themes: tuple[Slug, ...] = ()
    target_groups: tuple[Slug, ...] = ()


class ColumnGuess(Strict):
    """What a column is taken for, from 0 (a guess) to 1 (told), and why."""

    column: ColumnNumber
    header: str
    field: ColumnField | None
    confidence: Annotated[float, Field(ge=0, le=1)]
    because: str
    unit: float | None = None
    currency: CurrencyCode | None = None
    filled: Annotated[int, Field(description="Rows in which it holds something.")]
    examples: tuple[str, ...] = ()


class PreviewRow(Strict):
    """A row as it would be handed over."""

    row: int
    report: dict[str, Any]
    warnings: tuple[CellWarning, ...] = ()


class RowProblem(Strict):
    """A row that would be refused."""

    row: int
    problem: Problem


class WarningCount(Strict):
    """Cells of one column that would be left out for one reason."""

    column: int
    header: str
    detail: str
    rows: Annotated[int, Field(description="How many.")]
    first_row: int


class TablePreview(Strict):
    """How a file would be read: nothing of it was taken in."""

    format: str
    encoding: str | None = None
    separator: str | None = None
    sheet: str | None = None
    sheets: tuple[str, ...] = ()
    header_row: int
    rows: int
    accepted: Annotated[int, Field(description="Rows that would be handed over.")]
    refused: int
    columns: tuple[ColumnGuess, ...]
    unmapped: Annotated[
        tuple[str, ...], Field(description="Headers of columns with values that are left out.")
    ]
    notes: tuple[str, ...] = ()
    reports: tuple[PreviewRow, ...]
    problems: Annotated[tuple[RowProblem, ...], Field(description="The first hundred.")]
    warnings: tuple[WarningCount, ...]
