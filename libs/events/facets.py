"""What the collection holds, counted. Reports are counted, never passages."""

from typing import Annotated

from pydantic import Field

from libs.events.recommendation import Answer, Filters

MOST_VALUES = 500


class FacetsQuery(Filters):
    """Which reports are counted, and how many values of each field are told."""

    limit: Annotated[
        int, Field(ge=1, le=MOST_VALUES, description="Most values of a field, the commonest first.")
    ] = 100


class CountedCode(Answer):
    """A value, and how many reports have it. One with several counts for each."""

    value: str
    reports: int


class CountedNumber(Answer):
    """A number, and how many reports have it. One with several counts for each."""

    value: int
    reports: int


class Facets(Answer):
    """Counts of the reports that match all filters, by the values that filters take.

    A report's languages are those of its passages. Themes, target groups and goals are what it
    gives, or else what sorting found. Its year is that of its last day, or of its first.
    """

    reports: Annotated[int, Field(description="All that match.")]
    countries: tuple[CountedCode, ...]
    nuts: tuple[CountedCode, ...]
    languages: tuple[CountedCode, ...]
    themes: tuple[CountedCode, ...]
    target_groups: tuple[CountedCode, ...]
    sdgs: tuple[CountedNumber, ...]
    outcomes: tuple[CountedCode, ...]
    years: tuple[CountedNumber, ...]
    partners: tuple[CountedCode, ...]


class KnownCode(CountedCode):
    """A value, how many reports have it, and how many of those tell of a failure."""

    failed: int


class KnownNumber(CountedNumber):
    """A number, how many reports have it, and how many of those tell of a failure."""

    failed: int


class Themes(Answer):
    """What the collection knows of. Counted as Facets are, over all reports."""

    reports: int
    failed: Annotated[
        int, Field(description="Projects that say of themselves that they failed: knowledge too.")
    ]
    sdgs: tuple[KnownNumber, ...]
    themes: tuple[KnownCode, ...]
    target_groups: tuple[KnownCode, ...]
    countries: tuple[KnownCode, ...]
    years: Annotated[tuple[KnownNumber, ...], Field(description="In order of the years.")]
    outcomes: tuple[CountedCode, ...]
