"""What tells a part of a report's place in an answer."""

from collections.abc import Mapping
from typing import Protocol

from libs.events.fit import Fit
from libs.events.ranking import PartName, ScorePart
from services.recommend.record import Record


class Teller(Protocol):
    """Tells one part of a report, from what is kept in memory: it is asked for every candidate."""

    def __call__(self, record: Record) -> ScorePart:
        """The part, without a value where there is nothing to tell from."""


Tellers = Mapping[PartName, Teller]


def tell_evidence(record: Record) -> ScorePart:
    """The level of a report as a part of its score; without one it is unknown, not low."""
    level = record.evidence_level
    if level is None:
        return ScorePart(value=None, code="ungraded")
    return ScorePart(value=level.part, code=level.grade)


def tellers_of_fit(fits: Mapping[str, Fit]) -> Tellers:
    """Tell how each report carries over to who asks; `fits` has them all, by report id."""

    def place(record: Record) -> ScorePart:
        overall = fits[record.content.report_id].overall
        return ScorePart(value=overall, code="places-unknown" if overall is None else "likeness")

    def needs(record: Record) -> ScorePart:
        return fits[record.content.report_id].needs

    return {PartName.PLACE: place, PartName.NEEDS: needs}
