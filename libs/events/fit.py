"""How well a project should carry over to the place of who asks."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from libs.events.places import PlaceId
from libs.events.ranking import ScorePart
from libs.events.report import CountryCode

Share = Annotated[float, Field(ge=0, le=1)]


class Fitting(BaseModel):
    """Parent of what is told of a fit; fields may be added to it."""

    model_config = ConfigDict(frozen=True)


class Compared(Fitting):
    """The project's place that was compared; without `id` only its country is known."""

    name: str | None
    country: CountryCode
    id: PlaceId | None = None


class Fit(Fitting):
    """How like the places are, and whether there is what the project took.

    Codes of `size`, `density` and `remoteness`: `alike`, `higher-there`, `lower-there`; of
    `country`: `same-country`, `same-family` (of local government), `other-country`; of `needs`:
    `enough`, `enough-money`, `enough-time`, `less-money`, `less-time`. Without a value:
    `not-in-profile`, `not-in-report`, `other-currency`.
    """

    overall: Annotated[
        Share | None,
        Field(
            description="The mean of size, density, remoteness and country, an unknown one of "
            "which counts 0.5; None when none is known. Needs are apart."
        ),
    ]
    size: ScorePart
    density: ScorePart
    remoteness: ScorePart
    country: ScorePart
    needs: ScorePart
    compared_with: Annotated[
        Compared | None, Field(description="Of several places the one most alike.")
    ] = None

    @property
    def reasons(self) -> dict[str, str]:
        """The code of each part, by its name."""
        names = ("size", "density", "remoteness", "country", "needs")
        return {name: getattr(self, name).code for name in names}
