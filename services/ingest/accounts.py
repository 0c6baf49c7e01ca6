"""The account of what was taken in, put together from the record and the collection."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from libs.clock import Clock
from libs.database.engine import Database
from libs.errors import NavigatorError
from libs.events.account import (
    MOST_LISTED,
    CollectionCheck,
    IntakeAccount,
    IntakeDay,
    PartnerIntake,
    Tallied,
)
from services.ingest import ledger
from services.ingest.collection_comparison import CollectionComparer, Comparison
from services.ingest.ledger import Scope

COLUMNS = tuple(Tallied.model_fields)


@dataclass(frozen=True, slots=True)
class Accounts:
    """Gives account. What is not finished after `deadline` is missing."""

    database: Database
    comparer: CollectionComparer
    clock: Clock
    deadline: dt.timedelta

    def account(self, scope: Scope, *, check: bool) -> IntakeAccount:
        """The account of a scope; with `check`, compared with the collection where that answers."""
        now = self.clock()
        with self.database.read() as session:
            counted = ledger.outcomes(session, scope)
            missing, missing_total = ledger.missing(
                session, scope, now - self.deadline, MOST_LISTED
            )
        partners = _partners(counted)
        days = [day for partner in partners for day in partner.days]
        return IntakeAccount(
            as_of=now,
            partners=partners,
            totals=_totals(days),
            balanced=all(day.balanced for day in days),
            deadline_s=self.deadline.total_seconds(),
            missing=tuple(missing),
            missing_total=missing_total,
            collection=self._checked(scope) if check else _unchecked("it was not asked for"),
        )

    def _checked(self, scope: Scope) -> CollectionCheck:
        try:
            return _told(self.comparer.compare(scope))
        except NavigatorError as error:
            return _unchecked(error.detail)


def _partners(counted: Iterable[tuple[str, str, str, int]]) -> tuple[PartnerIntake, ...]:
    partners: dict[str, dict[str, dict[str, int]]] = {}
    for partner, day, outcome, count in counted:
        row = partners.setdefault(partner, {}).setdefault(day, {})
        # What has no column is in none, so that its day does not balance.
        if outcome in COLUMNS:
            row[outcome] = count
    return tuple(
        PartnerIntake(partner=partner, days=tuple(_day(day, row) for day, row in days.items()))
        for partner, days in partners.items()
    )


def _day(day: str, row: dict[str, int]) -> IntakeDay:
    return IntakeDay(day=dt.date.fromisoformat(day), **row)


def _totals(days: Iterable[Tallied]) -> Tallied:
    listed = list(days)
    return Tallied(**{name: sum(getattr(day, name) for day in listed) for name in COLUMNS})


def _unchecked(reason: str) -> CollectionCheck:
    return CollectionCheck(checked=False, reason=reason)


def _told(found: Comparison) -> CollectionCheck:
    return CollectionCheck(
        checked=True,
        passages_expected=found.expected,
        passages_found=found.found,
        discrepancies=tuple(found.discrepancies[:MOST_LISTED]),
        discrepancies_total=len(found.discrepancies),
        orphans=tuple(found.orphans[:MOST_LISTED]),
        orphans_total=len(found.orphans),
    )
