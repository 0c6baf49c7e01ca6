"""How well a project should carry over: likeness of its place, and means for what it took."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from libs.events.fit import NOT_IN_PROFILE, Compared, Fit
from libs.events.profile import Profile
from libs.events.ranking import ScorePart
from libs.events.report import Place
from libs.places.table import Places
from services.recommend.figures import Figures, figures_in, figures_of
from services.recommend.likeness import SAME_FAMILY, country_alike, distance_alike, people_alike
from services.recommend.means import Means, needs
from services.recommend.purpose import NOT_IN_REPORT, check_groups, goals, target_groups
from services.recommend.record import Record

# What an unknown part counts, as in the ranking's weights: neither for nor against.
NEUTRAL: Final = 0.5
ALIKE: Final = 0.75
Measure = Callable[[float, float], float]
Pair = tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: her place's figures, what she has, and for whom. Made once for a question."""

    figures: Figures
    means: Means
    target_groups: tuple[str, ...]
    sdgs: tuple[int, ...]

    @classmethod
    def of(cls, profile: Profile, places: Places) -> "Asker":
        """Raises InvalidInput for a place or a target group that is not known."""
        check_groups(profile)
        figures, means = figures_in(profile, places), Means.of(profile)
        return cls(figures, means, profile.target_groups, profile.sdgs)


@dataclass(frozen=True, slots=True)
class _Likeness:
    compared_with: Compared | None
    size: ScorePart
    density: ScorePart
    remoteness: ScorePart
    country: ScorePart

    @property
    def overall(self) -> float | None:
        values = [part.value for part in (self.size, self.density, self.remoteness, self.country)]
        if all(value is None for value in values):
            return None
        return sum(NEUTRAL if value is None else value for value in values) / len(values)


def fit(asker: Asker, record: Record, places: Places) -> Fit:
    """The fit of one report; of its places the one most alike counts."""
    where, taken = record.content.report.places, needs(asker.means, record.content)
    compared = [_compare(asker.figures, place, places) for place in where]
    best = max(compared, key=_or_neutral, default=_likeness(asker.figures, Figures(), None))
    return Fit(
        overall=best.overall,
        size=best.size,
        density=best.density,
        remoteness=best.remoteness,
        country=best.country,
        needs=taken.part,
        target_groups=target_groups(asker.target_groups, record),
        sdgs=goals(asker.sdgs, record),
        staff=taken.staff,
        converted=taken.converted,
        compared_with=best.compared_with,
    )


def _or_neutral(likeness: _Likeness) -> float:
    return NEUTRAL if likeness.overall is None else likeness.overall


def _compare(here: Figures, place: Place, places: Places) -> _Likeness:
    known = places.of(place)
    compared = Compared(name=place.name, country=place.country, id=known.id if known else None)
    return _likeness(here, figures_of(known) if known else Figures(place.country), compared)


def _likeness(here: Figures, there: Figures, compared: Compared | None) -> _Likeness:
    return _Likeness(
        compared,
        size=_part([(here.population, there.population)], people_alike),
        density=_part([(here.density, there.density)], people_alike),
        remoteness=_part(
            [(here.km_to_town, there.km_to_town), (here.km_to_city, there.km_to_city)],
            distance_alike,
        ),
        country=_country(here.country, there.country),
    )


def _part(pairs: Iterable[Pair], measure: Measure) -> ScorePart:
    # The mean of what is known on both sides.
    pairs = tuple(pairs)
    both = [(here, there) for here, there in pairs if here is not None and there is not None]
    if not both:
        return _unknown(any(here is not None for here, _ in pairs))
    value = sum(measure(here, there) for here, there in both) / len(both)
    if value >= ALIKE:
        return ScorePart(value=value, code="alike")
    higher = sum(there for _, there in both) > sum(here for here, _ in both)
    return ScorePart(value=value, code="higher-there" if higher else "lower-there")


def _unknown(asked: object) -> ScorePart:
    return NOT_IN_REPORT if asked else NOT_IN_PROFILE


def _country(here: str | None, there: str | None) -> ScorePart:
    if here is None or there is None:
        return _unknown(here)
    value = country_alike(here, there)
    codes = {1.0: "same-country", SAME_FAMILY: "same-family"}
    return ScorePart(value=value, code=codes.get(value, "other-country"))
