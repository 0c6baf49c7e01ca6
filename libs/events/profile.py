"""Who asks: her municipality, whom she wants to reach, and what there is to spend."""

from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from libs.events.numbers import Goal
from libs.events.places import Kilometres, PlaceId
from libs.events.report import Budget, CountryCode, Line, Slug, Strict


def _with_a_number(budget: object) -> object:
    amount = budget.get("amount") if isinstance(budget, dict) else None
    # A report's budget may come out of a table as text; a question's comes as JSON.
    if isinstance(amount, bool | str):
        raise ValueError("the amount is a number")  # noqa: TRY004 - pydantic's way
    return budget


class Profile(Strict):
    """A place that is known, or figures, or both; nothing is required.

    Figures that are given take the place of those of the place: a municipality knows its own.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        str_strip_whitespace=True,
        json_schema_extra={
            "examples": [
                {"place": 605155, "budget": {"amount": 1500000, "currency": "SEK"}, "months": 24},
                {"country": "FI", "population": 6500, "density": 1.4, "km_to_town": 90},
                {"place": 605155, "target_groups": ["young-people"], "sdgs": [8], "staff": 1.5},
            ]
        },
    )

    place: Annotated[PlaceId | None, Field(description="An `id` of `GET /v1/places`.")] = None
    country: CountryCode | None = None
    name: Annotated[
        Line | None, Field(description="The place's name, in place of its id; with `country`.")
    ] = None
    population: Annotated[int | None, Field(strict=True, ge=1, le=50_000_000)] = None
    density: Annotated[
        float | None,
        Field(strict=True, gt=0, le=50_000, allow_inf_nan=False, description="People per km²."),
    ] = None
    km_to_town: Annotated[
        Kilometres | None,
        Field(strict=True, description="To the nearest place of 20,000 inhabitants."),
    ] = None
    km_to_city: Annotated[
        Kilometres | None,
        Field(strict=True, description="To the nearest place of 100,000 inhabitants."),
    ] = None
    budget: Annotated[
        Budget | None,
        BeforeValidator(_with_a_number),
        Field(description="What there is to spend, at most."),
    ] = None
    months: Annotated[
        float | None,
        Field(strict=True, gt=0, le=600, allow_inf_nan=False, description="How long there is."),
    ] = None

    staff: Annotated[
        float | None,
        Field(
            strict=True,
            gt=0,
            le=10_000,
            allow_inf_nan=False,
            description="Who can work on it, in full-time positions.",
        ),
    ] = None
    target_groups: Annotated[
        tuple[Slug, ...],
        Field(max_length=50, description="Whom it is for, by the taxonomy's ids."),
    ] = ()
    sdgs: Annotated[
        tuple[Goal, ...],
        Field(max_length=17, description="Sustainable Development Goals that it should serve."),
    ] = ()

    @field_validator("name")
    @classmethod
    def _one_place(cls, name: str | None, before: ValidationInfo) -> str | None:
        if name is None:
            return None
        if before.data.get("place") is not None:
            raise ValueError("`place` says where already: leave one of the two out")
        # A country that is wrong is absent here, and named by itself.
        if "country" in before.data and before.data["country"] is None:
            raise ValueError("a name needs its `country`: many places have the same")
        return name

    @field_validator("km_to_city")
    @classmethod
    def _a_city_is_a_town(cls, city: float | None, before: ValidationInfo) -> float | None:
        town = before.data.get("km_to_town")
        if city is not None and town is not None and city < town:
            raise ValueError("a city is a town too: `km_to_town` cannot be further than this")
        return city
