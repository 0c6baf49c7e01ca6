"""How well a project should carry over: likeness of its place, and means for what it took."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from libs.events.fit import Compared, Fit
from libs.events.profile import Profile
from libs.events.ranking import ScorePart
from libs.events.report import Budget, Period, Place, ReportMetadata
from libs.places.table import Places
from services.recommend.figures import Figures, figures_in, figures_of
from services.recommend.likeness import (
    SAME_FAMILY,
    country_alike,
    distance_alike,
    people_alike,
    sufficient,
)

# What an unknown part counts, as in the ranking's weights: neither for nor against.
NEUTRAL: Final = 0.5
ALIKE: Final = 0.75
_DAYS_A_MONTH: Final = 30.44
_NOT_IN_PROFILE: Final = ScorePart(value=None, code="not-in-profile")
_NOT_IN_REPORT: Final = ScorePart(value=None, code="not-in-report")
_OTHER_CURRENCY: Final = ScorePart(value=None, code="other-currency")
Measure = Callable[[float, float], float]
Pair = tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: her place's figures, and what she has. Made once for a question."""

    figures: Figures
    budget: Budget | None = None
    months: float | None = None

    @classmethod
    def of(cls, profile: Profile, places: Places) -> "Asker":
        """Raises InvalidInput for a place that is not known."""
        return cls(figures_in(profile, places), profile.budget, profile.months)


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


def fit(asker: Asker, report: ReportMetadata, places: Places) -> Fit:
    """The fit of one report; of its places the one most alike counts."""
    compared = [_compare(asker.figures, place, places) for place in report.places]
    best = max(compared, key=_or_neutral, default=_likeness(asker.figures, Figures(), None))
    return Fit(
        overall=best.overall,
        size=best.size,
        density=best.density,
        remoteness=best.remoteness,
        country=best.country,
        needs=_needs(asker, report),
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
    return _NOT_IN_REPORT if asked else _NOT_IN_PROFILE


def _country(here: str | None, there: str | None) -> ScorePart:
    if here is None or there is None:
        return _unknown(here)
    value = country_alike(here, there)
    codes = {1.0: "same-country", SAME_FAMILY: "same-family"}
    return ScorePart(value=value, code=codes.get(value, "other-country"))


def _needs(asker: Asker, report: ReportMetadata) -> ScorePart:
    # What lacks most counts: time makes up for no money.
    parts = [_money(asker.budget, report.budget), _time(asker.months, report.period)]
    known = [part for part in parts if part.value is not None]
    if not known:
        return min(parts, key=_TELLS_MOST.index)
    least = min(known, key=lambda part: part.value or 0.0)
    enough = least.value == 1 and len(known) == len(parts)
    return ScorePart(value=least.value, code="enough") if enough else least


_TELLS_MOST: Final = (_OTHER_CURRENCY, _NOT_IN_REPORT, _NOT_IN_PROFILE)


def _money(has: Budget | None, took: Budget | None) -> ScorePart:
    if has is None or took is None:
        return _unknown(has)
    if has.currency != took.currency:
        return _OTHER_CURRENCY
    value = sufficient(has.amount, took.amount)
    return ScorePart(value=value, code="enough-money" if value == 1 else "less-money")


def _time(months: float | None, period: Period | None) -> ScorePart:
    if months is None or period is None or period.start is None or period.end is None:
        return _unknown(months)
    took = (period.end - period.start).days / _DAYS_A_MONTH
    value = sufficient(months, took)
    return ScorePart(value=value, code="enough-time" if value == 1 else "less-time")
