"""Announces finished reports again: an index that was lost is made anew from the SQL record.

Embed writes only what is not there, so that a replay too many costs little and changes nothing.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from libs.bus.record import Record
from libs.clock import Clock
from libs.database import outbox
from libs.database.engine import Database
from libs.events.envelope import EventPayload
from libs.events.listing import Cursor
from libs.events.payloads import ReportWithdrawn
from libs.events.report import ReportStatus
from services.ingest import store
from services.ingest.announcements import accepted
from services.ingest.listing import list_reports
from services.ingest.tables import ReportRow, VersionRow

BATCH = 500


@dataclass(frozen=True, slots=True)
class Replay:
    """Replays, so many reports in a transaction. `committed` is called after each batch."""

    database: Database
    record_of: Callable[[EventPayload], Record]
    clock: Clock
    committed: Callable[[], None]
    batch: int = BATCH

    def replay(
        self,
        *,
        report_id: str | None = None,
        partner: str | None = None,
        since: dt.datetime | None = None,
    ) -> int:
        """Announce one report or all, a partner's, those since a moment; returns how many.

        Of each the version that was indexed last, also where a newer one was rejected. Raises
        NotFound for a report that is not there. What is unfinished is left to the reconciler.
        """
        if report_id is not None:
            with self.database.read() as session:
                pair = store.report_row(session, report_id), store.version_row(session, report_id)
            return self._announce([pair], partner, since)
        count = 0
        after: Cursor | None = None
        while True:
            with self.database.read() as session:
                page = list_reports(session, after=after, limit=self.batch)
            if not page:
                return count
            count += self._announce(page, partner, since)
            after = Cursor(created_at=page[-1][0].created_at, report_id=page[-1][0].id)

    def _announce(
        self,
        page: list[tuple[ReportRow, VersionRow]],
        partner: str | None,
        since: dt.datetime | None,
    ) -> int:
        with self.database.write() as session:
            events = [
                event
                for report, row in page
                if partner in {None, report.partner}
                and (since is None or row.submitted_at >= since)
                and (event := _event(session, report, row)) is not None
            ]
            for event in events:
                outbox.append(session, self.record_of(event), self.clock())
        self.committed()
        return len(events)


def _event(session: Session, report: ReportRow, newest: VersionRow) -> EventPayload | None:
    if newest.status == ReportStatus.WITHDRAWN:
        return ReportWithdrawn(report_id=newest.report_id, version=newest.version)
    standing = store.standing_version(session, report.id)
    return accepted(standing, report.partner) if standing else None
