"""What places are compared by, of who asks and of where a project was."""

import math
from dataclasses import dataclass
from typing import Final

from libs.errors import FieldError, InvalidInput
from libs.events.places import KnownPlace
from libs.events.profile import Profile
from libs.places.table import Places

# Density is told of what lives around: the area of a municipality is not known.
_RADIUS_KM: Final = 50
_AREA_KM2: Final = math.pi * _RADIUS_KM**2

_SIZES: Final = ((5_000, "below-5000"), (20_000, "below-20000"), (100_000, "below-100000"))


@dataclass(frozen=True, slots=True)
class Figures:
    """People, people per km² within 50 km, km to the next place of 20,000 and of 100,000."""

    country: str | None = None
    population: float | None = None
    density: float | None = None
    km_to_town: float | None = None
    km_to_city: float | None = None


def figures_of(place: KnownPlace) -> Figures:
    """A known place's."""
    return Figures(
        country=place.country,
        population=place.population,
        density=place.population_50_km / _AREA_KM2,
        km_to_town=place.km_to_town,
        km_to_city=place.km_to_city,
    )


def figures_in(profile: Profile, places: Places) -> Figures:
    """A profile's own figures, and those of its place for what it leaves out.

    Raises InvalidInput for a place that is not known, or that is in another country.
    """
    place = _place(profile, places)
    known = figures_of(place) if place else Figures()
    return Figures(
        country=profile.country or known.country,
        population=_first(profile.population, known.population),
        density=_first(profile.density, known.density),
        km_to_town=_first(profile.km_to_town, known.km_to_town),
        km_to_city=_first(profile.km_to_city, known.km_to_city),
    )


def _first(given: float | None, known: float | None) -> float | None:
    return known if given is None else given


def _place(profile: Profile, places: Places) -> KnownPlace | None:
    if profile.place is not None:
        return _by_id(profile.place, profile.country, places)
    if profile.name is not None and profile.country is not None:
        return _by_name(profile.name, profile.country, places)
    return None


def _by_id(place_id: int, country: str | None, places: Places) -> KnownPlace:
    place = places.by_id(place_id)
    if place is None:
        raise _wrong("place", "no such place: take the `id` of one of GET /v1/places")
    if country not in {None, place.country}:
        raise _wrong("country", f"{place.name} is in {place.country}: leave `country` out")
    return place


def _by_name(name: str, country: str, places: Places) -> KnownPlace:
    place = places.clear(name, country)
    if place is None:
        several = len(places.named(name, country))
        said = (
            f"{several} places are called so" if several else "no place is known that is called so"
        )
        raise _wrong("name", f"{said}: choose one of GET /v1/places, or give `population`")
    return place


def _wrong(field: str, detail: str) -> InvalidInput:
    error = FieldError(pointer=f"/profile/{field}", detail=detail)
    return InvalidInput("The profile is not of a place that is known; see errors.", errors=(error,))


def size_class(population: float | None) -> str | None:
    """A place's size as coarse as four steps; None where it is not known."""
    if population is None:
        return None
    return next((name for most, name in _SIZES if population < most), "from-100000")
