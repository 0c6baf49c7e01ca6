"""Whom and what a project was for, against what a profile names."""

from collections.abc import Collection, Iterable
from typing import Final

from libs.errors import FieldError, InvalidInput
from libs.events.fit import NOT_IN_PROFILE
from libs.events.labels import LabelKind
from libs.events.profile import Profile
from libs.events.ranking import ScorePart
from libs.taxonomy.labels import ids
from services.recommend.record import Record

NOT_IN_REPORT: Final = ScorePart(value=None, code="not-in-report")


def target_groups(asked: Collection[str], record: Record) -> ScorePart:
    """Of the groups asked for those that the report gives, or else those that were found in it."""
    return _share(asked, record.content.report.target_groups or _found(record, "target_group"))


def goals(asked: Collection[int], record: Record) -> ScorePart:
    """The same of the Sustainable Development Goals."""
    given = map(str, record.content.report.sdgs)
    return _share([*map(str, asked)], [*given] or _found(record, "sdg"))


def check_groups(profile: Profile) -> None:
    """Raises InvalidInput for a target group that the taxonomy does not have."""
    known = ids("target_groups")
    unknown = tuple(
        FieldError(f"/profile/target_groups/{number}", f"{group!r} is not in the taxonomy")
        for number, group in enumerate(profile.target_groups)
        if group not in known
    )
    if unknown:
        raise InvalidInput(
            f"A target group is not known; see errors. There are: {', '.join(known)}",
            errors=unknown,
        )


def _found(record: Record, kind: str) -> list[str]:
    return [label.value for label in record.labels if label.kind is LabelKind(kind)]


def _share(asked: Iterable[str], told: Collection[str]) -> ScorePart:
    wanted = set(asked)
    if not wanted:
        return NOT_IN_PROFILE
    if not told:
        return NOT_IN_REPORT
    value = len(wanted.intersection(told)) / len(wanted)
    code = {0.0: "others-named", 1.0: "all-named"}.get(value, "some-named")
    return ScorePart(value=value, code=code)
