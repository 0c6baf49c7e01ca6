"""How well a project should carry over to the place of who asks."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from libs.events.cards import Citation
from libs.events.places import PlaceId
from libs.events.ranking import ScorePart
from libs.events.report import Budget, CountryCode

NOT_IN_PROFILE: Final = ScorePart(value=None, code="not-in-profile")
Share = Annotated[float, Field(ge=0, le=1)]


class Fitting(BaseModel):
    """Parent of what is told of a fit; fields may be added to it."""

    model_config = ConfigDict(frozen=True)


class Compared(Fitting):
    """The project's place that was compared; without `id` only its country is known."""

    name: str | None
    country: CountryCode
    id: PlaceId | None = None


class Converted(Fitting):
    """A project's budget in the currency of who asks, at the average rates of a year."""

    budget: Budget
    year: Annotated[int, Field(description="The rates' year; of two the older one.")]
    source: str


class StaffTaken(Fitting):
    """What a method took of people: the least of the report's methods that say it for certain."""

    full_time: Annotated[float, Field(gt=0, description="Full-time positions.")]
    method: str
    citation: Citation


class Fit(Fitting):
    """How like the places are, whom it is for, and whether there is what the project took.

    Codes of `size`, `density` and `remoteness`: `alike`, `higher-there`, `lower-there`; of
    `country`: `same-country`, `same-family` (of local government), `other-country`; of `needs`:
    `enough`, `enough-money`, `enough-time`, `enough-staff`, `less-money`, `less-time`,
    `less-staff`; of `target_groups` and `sdgs`: `all-named`, `some-named`, `others-named`.
    Without a value: `not-in-profile`, `not-in-report`, `other-currency`.
    """

    overall: Annotated[
        Share | None,
        Field(
            description="The mean of size, density, remoteness and country, an unknown one of "
            "which counts 0.5; None when none is known. The other parts are apart."
        ),
    ]
    size: ScorePart
    density: ScorePart
    remoteness: ScorePart
    country: ScorePart
    needs: ScorePart
    target_groups: Annotated[
        ScorePart, Field(description="Of those that the profile names, the report's share.")
    ] = NOT_IN_PROFILE
    sdgs: Annotated[
        ScorePart, Field(description="Of those that the profile names, the report's share.")
    ] = NOT_IN_PROFILE
    staff: Annotated[
        StaffTaken | None, Field(description="None without a profile's `staff`, or where untold.")
    ] = None
    converted: Annotated[
        Converted | None, Field(description="None where the currencies are the same or unknown.")
    ] = None
    compared_with: Annotated[
        Compared | None, Field(description="Of several places the one most alike.")
    ] = None

    @property
    def reasons(self) -> dict[str, str]:
        """The code of each part, by its name."""
        names = ("size", "density", "remoteness", "country", "needs", "target_groups", "sdgs")
        return {name: getattr(self, name).code for name in names}
