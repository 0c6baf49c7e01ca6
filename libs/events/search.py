"""What an officer looks for in the collection, and what she finds: passages, projects, people."""

from typing import Annotated

from pydantic import ConfigDict, Field, JsonValue

from libs.events.recommendation import Answer, Evidence, Filters, Question, QuestionLanguage
from libs.events.report import (
    Contact,
    Organisation,
    Outcome,
    Period,
    Place,
    SectionKind,
    Strict,
)


def _with_example(**example: JsonValue) -> ConfigDict:
    # Stands in place of the parent's own, not beside it.
    return ConfigDict(
        extra="forbid",
        frozen=True,
        str_strip_whitespace=True,
        json_schema_extra={"examples": [example]},
    )


class SearchRequest(Strict):
    """A text in any of the ten languages, and which passages it is looked for in.

    It is sent by POST: a text of 5,000 characters is too long for an address, and an address is
    written down by every proxy on the way.
    """

    model_config = _with_example(
        query="Vad gick fel i samarbetet med arbetsgivare?",
        language="sv",
        kinds=["failures", "lessons"],
        filters={"year_from": 2015},
        limit=5,
    )

    query: Question
    language: QuestionLanguage = None
    filters: Filters = Filters()
    kinds: Annotated[
        tuple[SectionKind, ...], Field(description="What the passage itself tells of.")
    ] = ()
    limit: Annotated[
        int, Field(strict=True, ge=1, le=100, description="Most passages to return.")
    ] = 20


class PeersRequest(Strict):
    """A challenge, and where to look for organisations that have met it."""

    model_config = _with_example(
        challenge="Vanhusten yksinäisyys harvaan asutulla alueella",
        language="fi",
        filters={"countries": ["SE", "EE"]},
        limit=5,
    )

    challenge: Question
    language: QuestionLanguage = None
    filters: Filters = Filters()
    limit: Annotated[
        int, Field(strict=True, ge=1, le=50, description="Most organisations to return.")
    ] = 10


class SimilarQuery(Filters):
    """Which of the projects near to one are wanted."""

    limit: Annotated[int, Field(ge=1, le=100, description="Most projects to return.")] = 10


class FoundPassage(Answer):
    """A passage, quoted verbatim, and the report that it is of."""

    report_id: str
    version: int
    title: str
    outcome: Annotated[Outcome | None, Field(description="A failed project is found as well.")]
    illustrative: bool
    kind: Annotated[
        SectionKind | None,
        Field(description="What the passage tells of, as its section says or sorting found."),
    ]
    score: Annotated[
        float, Field(description="How well it answers, in meaning and in words; at most 1.")
    ]
    evidence: Evidence


class FoundPassages(Answer):
    """The answer to a search, best first; `evidence.similarity` says how near each is."""

    query: str
    passages: tuple[FoundPassage, ...]
    nothing_close: Annotated[
        bool,
        Field(description="It is no question for this collection, which shows the nearest it has."),
    ]
    model: Annotated[str, Field(description="Embedding model that was asked.")]
    trace_id: str | None


class ProjectSummary(Answer):
    """A report in a few lines, as it gives them."""

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
    themes: tuple[str, ...]
    link: str


class SimilarProject(Answer):
    """One near to another. Both are compared as wholes."""

    project: ProjectSummary
    similarity: Annotated[
        float, Field(description="Inner product of the mean vectors of the reports' passages.")
    ]


class SimilarProjects(Answer):
    """The projects near to one, nearest first, without itself."""

    report_id: str
    projects: tuple[SimilarProject, ...]


class Experience(Answer):
    """A project in which an organisation met the challenge, and the passage that shows it."""

    project: ProjectSummary
    contacts: Annotated[tuple[Contact, ...], Field(description="As the report gives them.")]
    score: Annotated[
        float, Field(description="How well it answers, in meaning and in words; at most 1.")
    ]
    evidence: Evidence


class Peer(Answer):
    """An organisation that led such projects; whom to call stands with each of them."""

    organisation: Organisation
    experience: Annotated[
        tuple[Experience, ...], Field(min_length=1, description="The nearest first.")
    ]


class Peers(Answer):
    """The organisations, the nearest experience first. A report without a lead names none."""

    challenge: str
    peers: tuple[Peer, ...]
    nothing_close: Annotated[
        bool, Field(description="It is no question for this collection, which names nobody then.")
    ]
    model: Annotated[str, Field(description="Embedding model that was asked.")]
    trace_id: str | None
