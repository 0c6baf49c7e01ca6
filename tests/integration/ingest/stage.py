"""Ingest's parts on a real database, with a clock that tests move."""

import datetime as dt
import itertools

from libs.bus.record import Record, record_of
from libs.database.engine import Database
from libs.events.envelope import EventPayload
from services.ingest.handlers import IngestHandlers
from services.ingest.intake import Intake
from services.ingest.status_board import StatusBoard

RESEND_AFTER = dt.timedelta(seconds=100)


class Stage:
    """Intake and handlers; `sent` is what a relay or the bus would have carried."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)
        self.committed: list[str] = []
        self._ids = (f"id-{number}" for number in itertools.count())
        self.intake = Intake(
            database, self.record_of, self.clock, RESEND_AFTER, self.committed.append
        )
        self.handlers = IngestHandlers(database, self.clock, StatusBoard())

    def clock(self) -> dt.datetime:
        self.now += dt.timedelta(milliseconds=1)
        return self.now

    def record_of(self, payload: EventPayload) -> Record:
        return record_of(
            payload, source="/navigator/ingest", clock=self.clock, new_id=lambda: next(self._ids)
        )
