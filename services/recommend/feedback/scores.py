"""What verdicts come to: one number for a report, in which a few votes move little."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select, func, select

from libs.database.engine import Database
from libs.events.feedback import Verdict
from libs.events.ranking import ScorePart
from services.recommend.record import Record
from services.recommend.tables import FeedbackRow

# Ten votes weigh as much as what is believed before any.
PRIOR: Final = 5.0
# Who has tried a method knows more of it than who has read of it.
WEIGHTS: Final = {Verdict.USEFUL: 1.0, Verdict.TRIED: 2.0, Verdict.NOT_RELEVANT: 1.0}
# Of all anonymous votes on a report together: as much as the prior, so that they move its number
# by a quarter at most, however many there are.
MOST_ANONYMOUS: Final = 10.0

Tally = Mapping[tuple[Verdict, bool], int]
"""Votes that count, by verdict and by whether they are anonymous."""


@dataclass(frozen=True, slots=True)
class FeedbackPart:
    """`value` is in [0, 1], 0.5 where votes balance, and None where there are none."""

    value: float | None = None
    useful: int = 0
    tried: int = 0
    not_relevant: int = 0


NOTHING: Final = FeedbackPart()


def part_of(tally: Tally) -> FeedbackPart:
    """The mean of Beta(5 + for, 5 + against), the posterior of votes under Beta(5, 5).

    https://en.wikipedia.org/wiki/Conjugate_prior (Bernoulli). `for` are the weights of `useful`
    and `tried`, `against` those of `not_relevant`. Anonymous ones are scaled down together to a
    weight of 10 where they have more.
    """
    if not any(tally.values()):
        return NOTHING
    in_favour, against = (
        _weight(tally, verdicts)
        for verdicts in ((Verdict.USEFUL, Verdict.TRIED), (Verdict.NOT_RELEVANT,))
    )
    return FeedbackPart(
        value=(PRIOR + in_favour) / (2 * PRIOR + in_favour + against),
        useful=_votes(tally, Verdict.USEFUL),
        tried=_votes(tally, Verdict.TRIED),
        not_relevant=_votes(tally, Verdict.NOT_RELEVANT),
    )


def _weight(tally: Tally, verdicts: tuple[Verdict, ...]) -> float:
    all_anonymous = sum(WEIGHTS[each] * tally.get((each, True), 0) for each in Verdict)
    scale = min(1.0, MOST_ANONYMOUS / all_anonymous) if all_anonymous else 1.0
    return sum(
        WEIGHTS[each] * (tally.get((each, False), 0) + scale * tally.get((each, True), 0))
        for each in verdicts
    )


def _votes(tally: Tally, verdict: Verdict) -> int:
    return tally.get((verdict, False), 0) + tally.get((verdict, True), 0)


class FeedbackScores:
    """The part of each report that anybody has voted on, in memory. Thread-safe.

    A report is counted anew from the record when an event says that somebody voted. So an event
    may come twice, late or out of order, and what a restart counts is the same.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._parts: dict[str, FeedbackPart] = {}

    def part(self, report_id: str) -> FeedbackPart:
        """What the votes on a report come to; asks nobody."""
        return self._parts.get(report_id, NOTHING)

    def tell(self, record: Record) -> ScorePart:
        """The same as a part of a report's place in an answer."""
        value = self.part(record.content.report_id).value
        return ScorePart(value=value, code="no-votes" if value is None else "votes")

    def rebuild(self) -> None:
        """Count all reports. Raises Unavailable without the database."""
        self._parts.update(self._counted(_counts()))

    def recount(self, report_id: str) -> None:
        """Count one report. Raises Unavailable without the database."""
        self._parts.update(self._counted(_counts().where(FeedbackRow.report_id == report_id)))

    def _counted(self, statement: Select[str, str, bool, int]) -> dict[str, FeedbackPart]:
        tallies = defaultdict[str, dict[tuple[Verdict, bool], int]](dict)
        with self._database.read() as session:
            for report_id, verdict, anonymous, votes in session.execute(statement):
                tallies[report_id][(Verdict(verdict), anonymous)] = votes
        return {report_id: part_of(tally) for report_id, tally in tallies.items()}


def _counts() -> Select[str, str, bool, int]:
    columns = FeedbackRow.report_id, FeedbackRow.verdict, FeedbackRow.anonymous
    return select(*columns, func.count()).where(FeedbackRow.counted).group_by(*columns)
