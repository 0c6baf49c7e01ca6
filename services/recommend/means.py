"""Whether there is what a project took: money, time and people."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from libs.events.fit import NOT_IN_PROFILE, Converted, StaffTaken
from libs.events.profile import Profile
from libs.events.ranking import ScorePart
from libs.events.report import Budget, Period, ReportContent
from services.recommend.citing import cited_field
from services.recommend.likeness import sufficient
from services.recommend.money import SOURCE, exchanged
from services.recommend.purpose import NOT_IN_REPORT
from services.recommend.staff import full_time

OTHER_CURRENCY: Final = ScorePart(value=None, code="other-currency")
_DAYS_A_MONTH: Final = 30.44
_TELLS_MOST: Final = (OTHER_CURRENCY, NOT_IN_REPORT, NOT_IN_PROFILE)


@dataclass(frozen=True, slots=True)
class Means:
    """What there is to spend."""

    budget: Budget | None = None
    months: float | None = None
    staff: float | None = None

    @classmethod
    def of(cls, profile: Profile) -> "Means":
        """A profile's."""
        return cls(profile.budget, profile.months, profile.staff)


@dataclass(frozen=True, slots=True)
class Needs:
    """Whether that is enough, and what it was held against."""

    part: ScorePart
    staff: StaffTaken | None
    converted: Converted | None


def needs(means: Means, content: ReportContent) -> Needs:
    """What lacks most counts: time makes up for no money."""
    report = content.report
    converted = _converted(means.budget, report.budget)
    staff = _staff_taken(content) if means.staff else None
    took = converted.budget if converted else report.budget
    parts = (
        _money(means.budget, took),
        _time(means.months, report.period),
        _people(means.staff, staff),
    )
    return Needs(_least(parts), staff, converted)


def _least(parts: tuple[ScorePart, ...]) -> ScorePart:
    known = [part for part in parts if part.value is not None]
    if not known:
        return min(parts, key=_TELLS_MOST.index)
    least = min(known, key=lambda part: part.value or 0.0)
    asked = [part for part in parts if part != NOT_IN_PROFILE]
    enough = least.value == 1 and len(known) == len(asked) > 1
    return ScorePart(value=least.value, code="enough") if enough else least


def _part(has: float, took: float, of: str) -> ScorePart:
    value = sufficient(has, took)
    return ScorePart(value=value, code=f"enough-{of}" if value == 1 else f"less-{of}")


def _money(has: Budget | None, took: Budget | None) -> ScorePart:
    if has is None or took is None:
        return NOT_IN_PROFILE if has is None else NOT_IN_REPORT
    if has.currency != took.currency:
        return OTHER_CURRENCY
    return _part(has.amount, took.amount, "money")


def _time(months: float | None, period: Period | None) -> ScorePart:
    if months is None:
        return NOT_IN_PROFILE
    if period is None or period.start is None or period.end is None:
        return NOT_IN_REPORT
    return _part(months, (period.end - period.start).days / _DAYS_A_MONTH, "time")


def _people(has: float | None, took: StaffTaken | None) -> ScorePart:
    if has is None or took is None:
        return NOT_IN_PROFILE if has is None else NOT_IN_REPORT
    return _part(has, took.full_time, "staff")


def _converted(has: Budget | None, took: Budget | None) -> Converted | None:
    if has is None or took is None or has.currency == took.currency:
        return None
    found = exchanged(took, has.currency)
    if found is None:
        return None
    return Converted(budget=found.budget, year=found.year, source=SOURCE)


def _staff_taken(content: ReportContent) -> StaffTaken | None:
    # Who has fewer people can take one of the methods alone.
    return min(_told(content), key=lambda each: each.full_time, default=None)


def _told(content: ReportContent) -> Iterator[StaffTaken]:
    language = (content.report.language or "").partition("-")[0]
    for number, method in enumerate(content.report.methods):
        staff = method.needs.staff
        positions = full_time(staff, language) if staff else None
        if positions:
            path = ("methods", number, "needs", "staff")
            citation = cited_field(content, path, staff)
            yield StaffTaken(full_time=positions, method=method.name, citation=citation)
