"""Ingest's parts on a real database, with a clock that tests move."""

import datetime as dt
import itertools
import json

from opentelemetry.trace import NoOpTracer, Tracer
from sqlalchemy import select

from libs.bus.record import Record, record_of
from libs.database.engine import Database
from libs.database.outbox import OutboxRow
from libs.events.envelope import EventPayload
from libs.events.payloads import ReportIndexed, ReportSubmitted
from libs.events.report import Receipt, ReportMetadata
from libs.language.detection import LanguageDetector
from services.ingest import store
from services.ingest.handlers import IngestHandlers
from services.ingest.intake import Document, Intake
from services.ingest.parsing.document import ParsedDocument
from services.ingest.parsing.parser import parse
from services.ingest.reconciler import Reconciler
from services.ingest.replay import Replay
from services.ingest.settings import IngestSettings
from services.ingest.status_board import StatusBoard
from services.ingest.tables import VersionRow

DETECTOR = LanguageDetector(wide=True)
RESEND_AFTER = dt.timedelta(seconds=100)


class DirectReader:
    """Reads documents in this process; what the worker adds is tested apart."""

    def read(self, content: bytes, media_type: str) -> ParsedDocument:
        return parse(content, media_type)


class Stage:
    """Intake, handlers and reconciler of partner `norr`."""

    def __init__(self, database: Database, tracer: Tracer | None = None) -> None:
        self.database = database
        self.now = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)
        self.committed: list[str] = []
        self._ids = (f"id-{number}" for number in itertools.count())
        self.intake = Intake(
            database, self.record_of, self.clock, RESEND_AFTER, self.committed.append
        )
        self.replay = Replay(database, self.record_of, self.clock, self._wake)
        self.handlers = IngestHandlers(
            database, self.clock, StatusBoard(), tracer or NoOpTracer(), DirectReader(), DETECTOR
        )
        self.woken = 0
        settings = IngestSettings(reconcile_after_s=RESEND_AFTER.total_seconds())
        self.reconciler = Reconciler(database, settings, self.record_of, self.clock, self._wake)

    def submit(self, report: ReportMetadata, *documents: Document) -> ReportSubmitted:
        """Hand a report in; returns the event that says so."""
        made, _ = self.intake.submit("norr", report, documents)
        return ReportSubmitted(report_id=made.report_id, version=made.version, partner="norr")

    def indexed(self, event: ReportSubmitted) -> ReportIndexed:
        """The event that ends a version well."""
        return ReportIndexed(
            report_id=event.report_id, version=event.version, passages=4, model="m"
        )

    def receipt(self, report_id: str) -> Receipt:
        """What a partner is told."""
        with self.database.read() as session:
            report = store.report_row(session, report_id)
            return store.receipt(session, report, store.version_row(session, report_id))

    def version(self, event: ReportSubmitted) -> VersionRow:
        """The row itself."""
        with self.database.read() as session:
            return store.version_row(session, event.report_id, event.version)

    def _wake(self) -> None:
        self.woken += 1

    def clock(self) -> dt.datetime:
        self.now += dt.timedelta(milliseconds=1)
        return self.now

    def record_of(self, payload: EventPayload) -> Record:
        return record_of(
            payload, source="/navigator/ingest", clock=self.clock, new_id=lambda: next(self._ids)
        )


def sent(stage: Stage) -> list[tuple[str, int]]:
    """Topics and versions of what waits to be published."""
    with stage.database.read() as session:
        rows = session.scalars(select(OutboxRow).order_by(OutboxRow.id)).all()
    return [(row.topic, json.loads(row.value)["data"]["version"]) for row in rows]
