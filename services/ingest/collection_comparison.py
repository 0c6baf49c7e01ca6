"""The record compared with the vector collection itself, without trusting either."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from libs.database.engine import Database
from libs.errors import Overloaded, Unavailable
from libs.events.account import Discrepancy, Orphan, PassageCounts, PassageCountsRequest
from libs.events.report import ReportStatus
from services.ingest import ledger
from services.ingest.ledger import ReportEntry, Scope

# About a million passages. Whoever has more asks partner by partner.
BUDGET_S = 15.0

Found = dict[str, dict[int, int]]
"""Passages in the collection by report and version."""

Hidden = set[tuple[str, int]]
"""Reports' versions that have passages in the collection, but are not published: none is found."""


class PassageCounter(Protocol):
    """Counts passages in the collection: embed."""

    def count(self, request: PassageCountsRequest) -> PassageCounts:
        """One page. Raises Unavailable when embed does not answer."""


@dataclass(slots=True)
class Comparison:
    """What the collection should hold, what it holds, and where the two differ."""

    expected: int = 0
    found: int = 0
    discrepancies: list[Discrepancy] = field(default_factory=list)
    orphans: list[Orphan] = field(default_factory=list)

    @property
    def suspects(self) -> set[str]:
        """The reports that differ."""
        discrepant = {each.report_id for each in self.discrepancies}
        return discrepant | {each.report_id for each in self.orphans}


@dataclass(frozen=True, slots=True)
class CollectionComparer:
    """Compares, with its ports."""

    database: Database
    counter: PassageCounter
    monotonic: Callable[[], float] = time.monotonic
    _comparing: threading.Lock = field(default_factory=threading.Lock)

    def compare(self, scope: Scope) -> Comparison:
        """Compare what was handed over in the scope, and passages that belong to no report at all.

        Raises Unavailable when embed is away, or the collection is too large for one answer;
        Overloaded when it is being compared already, for that reads all there is.
        """
        if not self._comparing.acquire(blocking=False):
            raise Overloaded("another check is running; ask again in a moment")
        try:
            return self._compare(scope)
        finally:
            self._comparing.release()

    def _compare(self, scope: Scope) -> Comparison:
        before = self._record(scope.partner)
        found, hidden = self._collection(scope.partner)
        comparison = compare(before, found, scope, hidden)
        suspects = sorted(comparison.suspects)
        # The two were not read at one moment. A difference is one only where the record says of a
        # report after the collection was read what it said before.
        after = self._record(scope.partner, only=suspects)
        moved = {each for each in suspects if before.get(each) != after.get(each)}
        if not moved:
            return comparison
        return compare(
            {key: entry for key, entry in before.items() if key not in moved},
            {key: counts for key, counts in found.items() if key not in moved},
            scope,
            hidden,
        )

    def _record(
        self, partner: str | None, *, only: Sequence[str] | None = None
    ) -> dict[str, ReportEntry]:
        with self.database.read() as session:
            if only is None:
                return {e.report_id: e for e in ledger.entries(session, partner)}
            return {
                e.report_id: e
                for start in range(0, len(only), ledger.PAGE)
                for e in ledger.entries(session, partner, only=only[start : start + ledger.PAGE])
            }

    def _collection(self, partner: str | None) -> tuple[Found, Hidden]:
        found: Found = {}
        hidden: Hidden = set()
        end = self.monotonic() + BUDGET_S
        request = PassageCountsRequest(partner=partner)
        while True:
            page = self.counter.count(request)
            for each in page.counts:
                versions = found.setdefault(each.report_id, {})
                versions[each.version] = versions.get(each.version, 0) + each.passages
                if not each.published:
                    hidden.add((each.report_id, each.version))
            if page.next is None:
                return found, hidden
            if self.monotonic() > end:
                raise Unavailable(
                    f"counting the collection took more than {BUDGET_S:.0f} s; ask for one partner"
                )
            request = request.model_copy(update={"start": page.next})


def compare(
    record: Mapping[str, ReportEntry], found: Found, scope: Scope, hidden: Hidden
) -> Comparison:
    """What differs. Reports that are not settled are passed over.

    Of a standing version that is hidden no passage counts as found.
    """
    comparison = Comparison()
    for report_id, entry in record.items():
        if entry.settled and _in_scope(entry, scope):
            _compare_report(comparison, entry, found.get(report_id, {}), hidden)
    for report_id in found.keys() - record.keys():
        _compare_versions(comparison, report_id, found[report_id], {})
    comparison.discrepancies.sort(key=lambda each: each.report_id)
    comparison.orphans.sort(key=lambda each: (each.report_id, each.version))
    return comparison


def _compare_report(
    comparison: Comparison, entry: ReportEntry, found: Mapping[int, int], hidden: Hidden
) -> None:
    others = dict(found)
    if (standing := entry.standing) is not None:
        there = others.pop(standing.version, 0)
        if (entry.report_id, standing.version) in hidden:
            there = 0
        comparison.expected += standing.passages
        comparison.found += there
        if there != standing.passages:
            comparison.discrepancies.append(
                Discrepancy(
                    report_id=entry.report_id,
                    version=standing.version,
                    expected=standing.passages,
                    found=there,
                )
            )
    known = {each.version: each.status for each in entry.versions}
    _compare_versions(comparison, entry.report_id, others, known)


def _compare_versions(
    comparison: Comparison,
    report_id: str,
    found: Mapping[int, int],
    known: Mapping[int, ReportStatus],
) -> None:
    """Note versions that should not be in the collection."""
    comparison.found += sum(found.values())
    comparison.orphans += [
        Orphan(report_id=report_id, version=version, passages=passages, status=known.get(version))
        for version, passages in found.items()
    ]


def _in_scope(entry: ReportEntry, scope: Scope) -> bool:
    days = [each.submitted_at.date() for each in entry.versions]
    first, last = scope.first or min(days), scope.last or max(days)
    return any(first <= day <= last for day in days)
