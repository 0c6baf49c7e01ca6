"""Sends unfinished reports on their way again: the SQL record heals a broker that forgot.

Each time it does, the next waiting time of that report doubles, so that a long queue is not
made longer by it. A report that does not get through in spite of it is rejected, so that every
report ends. A withdrawal is sent again until its passages are known to be gone.
"""

import datetime as dt
import logging
from collections.abc import Callable

from sqlalchemy.orm import Session

from libs.bus.record import Record
from libs.clock import Clock
from libs.database import outbox
from libs.database.engine import Database
from libs.events.envelope import EventPayload
from libs.events.payloads import ReportSubmitted, ReportWithdrawn
from libs.events.report import ReportStatus
from libs.periodic import PeriodicWorker
from services.ingest import store
from services.ingest.rejections import INTERNAL, internal_rejection
from services.ingest.settings import IngestSettings
from services.ingest.tables import VersionRow

log = logging.getLogger(__name__)

BATCH = 500
# From two minutes to about an hour, with the settings as they come.
MAX_DOUBLINGS = 5
# Then hourly for a week. A weekend with embed away must not end in rejections; a report that
# cannot be handled, whatever the reason, must end some day.
MAX_RESENDS = 170


class Reconciler(PeriodicWorker):
    """A worker. At its start it sends every unfinished report again, then only overdue ones."""

    def __init__(
        self,
        database: Database,
        settings: IngestSettings,
        record_of: Callable[[EventPayload], Record],
        clock: Clock,
        committed: Callable[[], None],
    ) -> None:
        super().__init__("reconciler", self._look)
        self._database = database
        self._settings = settings
        self._record_of = record_of
        self._clock = clock
        self._committed = committed
        self._made_due = False
        self._at_start = True

    def reconcile(self, *, as_of: dt.datetime, counted: bool = True) -> int:
        """Send again what is overdue at a moment; returns how many reports were dealt with.

        What is not `counted` neither lengthens a report's next waiting time nor ends it.
        """
        with self._database.write() as session:
            rows = store.overdue(session, as_of, BATCH)
            now = self._clock()
            for row in rows:
                hopeless = row.status != ReportStatus.WITHDRAWN and row.resends >= MAX_RESENDS
                if counted and hopeless:
                    _give_up(session, row, now)
                else:
                    self._resend(session, row, now, counted=counted)
        if rows:
            log.info("unfinished reports sent again", extra={"reports": len(rows)})
            self._committed()
        return len(rows)

    def _resend(
        self, session: Session, row: VersionRow, now: dt.datetime, *, counted: bool
    ) -> None:
        outbox.append(session, self._record_of(_event(session, row)), now)
        row.resends += counted
        factor = 2 ** min(row.resends, MAX_DOUBLINGS)
        row.resend_at = now + dt.timedelta(seconds=self._settings.reconcile_after_s * factor)

    def _look(self) -> float:
        if not self._made_due:
            # What was under way when an earlier process ended may be lost with its broker, so
            # all of it is due at once. A restart is no fault of a report and does not count.
            with self._database.write() as session:
                store.make_due(session, self._clock())
            self._made_due = True
        dealt_with = self.reconcile(as_of=self._clock(), counted=not self._at_start)
        if dealt_with == BATCH:
            return 0.0
        self._at_start = False
        return self._settings.reconcile_every_s


def _event(session: Session, row: VersionRow) -> EventPayload:
    if row.status == ReportStatus.WITHDRAWN:
        return ReportWithdrawn(report_id=row.report_id, version=row.version)
    partner = store.report_row(session, row.report_id).partner
    return ReportSubmitted(report_id=row.report_id, version=row.version, partner=partner)


def _give_up(session: Session, row: VersionRow, now: dt.datetime) -> None:
    trace_id = store.last_trace_id(session, row)
    stage = "normalise" if row.status == ReportStatus.ACCEPTED else "index"
    row.rejection = internal_rejection(trace_id).model_dump(mode="json")
    detail = {"code": INTERNAL, "stage": stage}
    store.add_status(session, row, ReportStatus.REJECTED, now=now, trace_id=trace_id, detail=detail)
    log.error(
        "a report did not get through and is rejected",
        extra={"report_id": row.report_id, "version": row.version, "stage": stage},
    )
