"""Brings the collection back to what the record says, and what is missing on its way again.

It only announces what the record holds, as a replay does. So it may be asked for at any time and
more than once; embed does nothing for what is in order.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import update
from sqlalchemy.orm import Session

from libs.bus.record import Record
from libs.clock import Clock
from libs.database import outbox
from libs.database.engine import Database
from libs.events.account import MOST_LISTED, Repaired
from libs.events.envelope import EventPayload
from libs.events.payloads import ReportWithdrawn
from services.ingest import ledger, store
from services.ingest.announcements import accepted
from services.ingest.collection_comparison import CollectionComparer, Comparison
from services.ingest.ledger import Scope
from services.ingest.tables import VersionRow

BATCH = 500


@dataclass(frozen=True, slots=True)
class Repair:
    """Repairs. `committed` is called after each batch, and `hurry` when something is due now."""

    database: Database
    comparer: CollectionComparer
    record_of: Callable[[EventPayload], Record]
    clock: Clock
    deadline: dt.timedelta
    committed: Callable[[], None]
    hurry: Callable[[], None]

    def repair(self, scope: Scope) -> Repaired:
        """Announce what differs; returns how much. Raises what CollectionComparer raises."""
        sent_again = self._send_again(scope)
        comparison = self.comparer.compare(scope)
        suspects = sorted(comparison.suspects)
        events: list[EventPayload] = []
        for start in range(0, len(suspects), BATCH):
            with self.database.write() as session:
                batch = _events(session, suspects[start : start + BATCH], _newest(comparison))
                for event in batch:
                    outbox.append(session, self.record_of(event), self.clock())
            self.committed()
            events += batch
        removed = sum(isinstance(event, ReportWithdrawn) for event in events)
        return Repaired(announced=len(events) - removed, removed=removed, sent_again=sent_again)

    def _send_again(self, scope: Scope) -> int:
        """Let the reconciler deal at once with what is past its deadline."""
        now = self.clock()
        with self.database.write() as session:
            late, _ = ledger.missing(session, scope, now - self.deadline, MOST_LISTED)
            due = [{"report_id": m.report_id, "version": m.version, "resend_at": now} for m in late]
            if due:
                session.execute(update(VersionRow), due)
        self.hurry()
        return len(due)


def _newest(comparison: Comparison) -> dict[str, int]:
    """The newest version of each report that has orphans."""
    return {each.report_id: each.version for each in comparison.orphans}


def _events(session: Session, suspects: list[str], orphans: dict[str, int]) -> list[EventPayload]:
    events: list[EventPayload] = []
    for report_id in suspects:
        standing = store.standing_version(session, report_id)
        orphan = orphans.get(report_id, 0)
        # Embed removes older versions when it is told of the standing one, but takes a newer one
        # for the better: that has to go first, and what goes with it comes at the next repair.
        if orphan > (standing.version if standing else 0):
            events.append(ReportWithdrawn(report_id=report_id, version=orphan))
        if standing is not None:
            partner = store.report_row(session, report_id).partner
            events.append(accepted(standing, partner))
    return events
