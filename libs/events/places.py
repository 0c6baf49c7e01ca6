"""Places that are known, to pick one from and to compare with."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from libs.events.report import CountryCode, Strict

# A picker shows fewer, and whoever does not find hers among them writes one letter more: there is
# no next page.
MAX_PLACES = 50
ATTRIBUTION: Final = "GeoNames (https://www.geonames.org), CC BY 4.0"

PlaceId = Annotated[int, Field(strict=True, ge=1, lt=2**31, description="GeoNames' id.")]
Kilometres = Annotated[float, Field(ge=0, le=10_000, allow_inf_nan=False)]


class KnownPlace(BaseModel):
    """A populated place: a point with its inhabitants, and not a municipality with its area.

    Figures around it count all places from 500 inhabitants on, as the crow flies and across
    borders. Its own inhabitants are among them.
    """

    model_config = ConfigDict(frozen=True)

    id: PlaceId
    name: str
    country: CountryCode
    region: Annotated[str, Field(description="GeoNames' code of the first level below a country.")]
    latitude: float
    longitude: float
    population: int
    population_25_km: int
    population_50_km: int
    population_100_km: int
    km_to_town: Annotated[
        Kilometres, Field(description="To the nearest place of 20,000 inhabitants; 0 in one.")
    ]
    km_to_city: Annotated[
        Kilometres, Field(description="To the nearest place of 100,000 inhabitants; 0 in one.")
    ]


class PlacesQuery(Strict):
    """The beginning of a name, in any of its spellings, with or without its accents."""

    q: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
        Field(examples=["göteb"]),
    ]
    country: CountryCode | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_PLACES)] = 10


class FoundPlaces(BaseModel):
    """Places of that name, the most inhabitants first."""

    model_config = ConfigDict(frozen=True)

    places: tuple[KnownPlace, ...]
    attribution: Annotated[str, Field(description="To be shown beside the places.")] = ATTRIBUTION
