"""What someone asks and what she gets: method cards with their evidence."""

from typing import Annotated

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)

from libs.events.cards import EvidenceLevel, QuotedDocument, Statement
from libs.events.fit import Fit
from libs.events.listing import PartnerName
from libs.events.numbers import Goal, no_truth_value
from libs.events.profile import Profile
from libs.events.ranking import Score
from libs.events.report import (
    Budget,
    Contact,
    CountryCode,
    LanguageTag,
    Method,
    NutsCode,
    Organisation,
    Outcome,
    Period,
    Place,
    Result,
    Slug,
    Strict,
)
from libs.taxonomy.wording import Language

MAX_CHALLENGE_CHARS = 5_000
FIRST_YEAR, LAST_YEAR = 1900, 2100


Year = Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR), BeforeValidator(no_truth_value)]


# Each that is not known is looked for in the collection.
_FEW = Field(max_length=50)


class Filters(Strict):
    """What an answer must be about: any of the values of each field, and all of the fields."""

    countries: Annotated[tuple[CountryCode, ...], _FEW] = ()
    languages: Annotated[tuple[LanguageTag, ...], _FEW] = ()
    themes: Annotated[tuple[Slug, ...], _FEW] = ()
    target_groups: Annotated[tuple[Slug, ...], _FEW] = ()
    sdgs: Annotated[tuple[Goal, ...], _FEW] = ()
    outcomes: Annotated[tuple[Outcome, ...], _FEW] = ()
    nuts: Annotated[
        tuple[NutsCode, ...],
        _FEW,
        Field(description="A place's code, exactly as its report gives it."),
    ] = ()
    partners: Annotated[tuple[PartnerName, ...], _FEW] = ()
    year_from: Annotated[
        Year | None, Field(description="The year of a project's last day, or of its first.")
    ] = None
    year_to: Annotated[Year | None, Field(description="The same; up to and with this year.")] = None

    @field_validator("year_to")
    @classmethod
    def _not_before_the_first(cls, year_to: int | None, before: ValidationInfo) -> int | None:
        year_from = before.data.get("year_from")
        if year_to is not None and year_from is not None and year_to < year_from:
            raise ValueError(f"no year is from {year_from} on and up to {year_to}: swap them")
        return year_to


Question = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=3, max_length=MAX_CHALLENGE_CHARS)
]
QuestionLanguage = Annotated[
    LanguageTag | None, Field(description="The text's language, if known.")
]


class RecommendationRequest(Strict):
    """A challenge in free text, in any of the ten languages."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        str_strip_whitespace=True,
        json_schema_extra={
            "examples": [
                {
                    "challenge": "Unga som varken arbetar eller studerar och som vi inte når",
                    "language": "sv",
                    "answer_language": "sv",
                    "limit": 5,
                }
            ]
        },
    )

    challenge: Question
    language: QuestionLanguage = None
    filters: Filters = Filters()
    profile: Annotated[
        Profile | None, Field(description="Who asks: each card then tells how it carries over.")
    ] = None
    answer_language: Annotated[
        Language | None,
        Field(
            description="For `wording`, and quotations in this language first where a report has "
            "them. Nothing is translated by machine."
        ),
    ] = None
    limit: Annotated[
        int, Field(strict=True, ge=1, le=50, description="Most projects to return.")
    ] = 10


class Answer(BaseModel):
    """Parent of what is returned; fields may be added to it."""

    model_config = ConfigDict(frozen=True)


class Evidence(Answer):
    """A verbatim quotation and where it stands.

    `start` and `end` count characters in the section's text of the report's normalised content.
    """

    passage_id: str
    quote: str
    language: str | None
    heading: str | None
    document: Annotated[
        QuotedDocument | None, Field(description="None for a report that came as JSON.")
    ] = None
    page: int | None
    section: int
    start: int
    end: int
    similarity: float | None
    link: Annotated[str, Field(description="Page where the quotation is shown in its report.")]


class MethodCard(Answer):
    """One project's methods, why they fit the challenge, what they need and how to start."""

    report_id: str
    version: int
    title: str
    summary: str | None
    language: str | None
    illustrative: bool
    outcome: Outcome | None
    organisation: Organisation | None
    places: tuple[Place, ...]
    period: Period | None
    budget: Budget | None
    themes: tuple[str, ...]
    target_groups: tuple[str, ...]
    sdgs: tuple[int, ...]
    methods: tuple[Method, ...]
    results: tuple[Result, ...]
    lessons: tuple[str, ...]
    contacts: tuple[Contact, ...]
    score: Annotated[
        float, Field(description="How well it answers, in meaning and in words; at most 1.")
    ]
    ranking: Annotated[
        Score | None, Field(description="What the card's place in the answer is made of.")
    ] = None
    fit: Annotated[
        Fit | None, Field(description="How it carries over to the profile's place; None without.")
    ] = None
    evidence: Annotated[tuple[Evidence, ...], Field(min_length=1)]
    statements: Annotated[
        tuple[Statement, ...],
        Field(description="What the report says, each cited; at most 5 a kind."),
    ] = ()
    evidence_level: Annotated[
        EvidenceLevel | None, Field(description="None while the report is ungraded.")
    ] = None
    link: str


class Wording(Answer):
    """What the ids and codes of an answer are called; quotations stay as their reports have them.

    Keys are `themes.…`, `target_groups.…` and `sdgs.…` of the taxonomy, `outcome.…`, `evidence.…`
    (the grades, and `evidence.note`), `statement.…` for kinds of statements, `ranking.…` and
    `fit.…` for the parts of a place and of a fit, and `code.…` for what their codes say.
    """

    language: Language
    words: Annotated[dict[str, str], Field(description="Of what stands in this answer.")]


class Recommendations(Answer):
    """The answer to one challenge, best first; empty when the collection holds nothing.

    Where nothing is close, the cards are what is nearest, and no answer to the challenge.
    """

    challenge: str
    cards: tuple[MethodCard, ...]
    nothing_close: Annotated[
        bool, Field(description="The collection holds nothing that answers this challenge.")
    ] = False
    nearest_themes: Annotated[
        tuple[str, ...],
        Field(description="Where nothing is close: the themes of what is nearest, at most 3."),
    ] = ()
    wording: Annotated[
        Wording | None, Field(description="None without `answer_language` in the request.")
    ] = None
    model: Annotated[str, Field(description="Embedding model that was asked.")]
    trace_id: str | None
