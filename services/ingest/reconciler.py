"""Sends unfinished reports on their way again: the SQL record heals a broker that forgot.

Each time it does, the next waiting time of that report doubles, so that a long queue is not
made longer by it.
"""

import datetime as dt
import logging
import threading
from collections.abc import Callable

from libs.bus.record import Record
from libs.database import outbox
from libs.database.engine import Database
from libs.errors import Unavailable
from libs.events.envelope import EventPayload
from libs.events.payloads import ReportSubmitted
from libs.runtime.clock import Clock
from services.ingest import store
from services.ingest.settings import IngestSettings

log = logging.getLogger(__name__)

BATCH = 500
MAX_DOUBLINGS = 10


class Reconciler:
    """A worker. At its start it sends every unfinished report again, then only overdue ones."""

    name = "reconciler"

    def __init__(
        self,
        database: Database,
        settings: IngestSettings,
        record_of: Callable[[EventPayload], Record],
        clock: Clock,
        committed: Callable[[], None],
    ) -> None:
        self._database = database
        self._settings = settings
        self._record_of = record_of
        self._clock = clock
        self._committed = committed
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self._trouble: str | None = None

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """End after the batch in hand."""
        self._stopping.set()
        self._thread.join(timeout)

    def health(self) -> str | None:
        """None, or why it cannot look."""
        return self._trouble

    def failed(self) -> bool:
        """True when the thread died of a bug."""
        return not self._stopping.is_set() and not self._thread.is_alive()

    def reconcile(self, *, as_of: dt.datetime) -> int:
        """Send again what is overdue at a moment; returns how many reports."""
        with self._database.write() as session:
            rows = store.overdue(session, as_of, BATCH)
            now = self._clock()
            for row in rows:
                partner = store.report_row(session, row.report_id).partner
                event = ReportSubmitted(
                    report_id=row.report_id, version=row.version, partner=partner
                )
                outbox.append(session, self._record_of(event), now)
                row.resends += 1
                factor = 2 ** min(row.resends, MAX_DOUBLINGS)
                row.resend_at = now + dt.timedelta(
                    seconds=self._settings.reconcile_after_s * factor
                )
        if rows:
            log.info("unfinished reports sent again", extra={"reports": len(rows)})
            self._committed()
        return len(rows)

    def _run(self) -> None:
        started: dt.datetime | None = self._clock()
        while not self._stopping.is_set():
            resent = 0
            try:
                if started is not None:
                    # What was under way when an earlier process ended may be lost with its
                    # broker, so all of it is due at once.
                    with self._database.write() as session:
                        store.make_due(session, started)
                    started = None
                resent = self.reconcile(as_of=self._clock())
                self._trouble = None
            except Unavailable as error:
                self._trouble = error.detail
            if resent < BATCH:
                self._stopping.wait(self._settings.reconcile_every_s)
