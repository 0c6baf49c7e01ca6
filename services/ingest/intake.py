"""Taking a report in: record, document and outbox row in one transaction, or none of it."""

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from libs.bus.record import Record
from libs.clock import Clock
from libs.database import outbox
from libs.database.engine import Database
from libs.events.envelope import EventPayload
from libs.events.payloads import ReportSubmitted, ReportWithdrawn
from libs.events.report import Receipt, ReportMetadata, ReportStatus
from libs.telemetry.propagation import current_trace_id
from services.ingest import store
from services.ingest.deliveries import Delivery, detail_of, known
from services.ingest.identity import report_id, submission_digest
from services.ingest.tables import DocumentRow, ReportRow, VersionRow


@dataclass(frozen=True, slots=True)
class Document:
    """An original as it was handed over."""

    filename: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Intake:
    """Submits and withdraws reports. `committed` is called with the report id after each commit."""

    database: Database
    record_of: Callable[[EventPayload], Record]
    clock: Clock
    resend_after: dt.timedelta
    committed: Callable[[str], None]

    def submit(
        self,
        partner: str,
        submission: ReportMetadata,
        document: Document | None,
        delivery: Delivery | None = None,
    ) -> tuple[Receipt, bool]:
        """Record a submission; returns its receipt, and False if the same was there already.

        The same external id with other content is a new version of the report. Raises
        InvalidInput for a `delivery` that a later one has overtaken.
        """
        try:
            receipt, created = self._submit(partner, submission, document, delivery)
        except IntegrityError:
            # Another request recorded the same report in between: now it is there to be read.
            receipt, created = self._submit(partner, submission, document, delivery)
        if created:
            self.committed(receipt.report_id)
        return receipt, created

    def withdraw(self, partner: str, wanted: str, delivery: Delivery | None = None) -> Receipt:
        """Withdraw a partner's report. Idempotent. Raises NotFound for another's.

        Raises InvalidInput for a `delivery` that a later one has overtaken.
        """
        with self.database.write() as session:
            report = store.own_report(session, partner, wanted)
            row = store.version_row(session, report.id)
            if row.status != ReportStatus.WITHDRAWN and not known(session, report.id, delivery):
                now = self.clock()
                store.add_status(
                    session,
                    row,
                    ReportStatus.WITHDRAWN,
                    now=now,
                    trace_id=current_trace_id(),
                    detail=detail_of(delivery),
                )
                # Sent again until embed says that the passages are gone.
                row.resends, row.resend_at = 0, now + self.resend_after
                event = ReportWithdrawn(report_id=report.id, version=row.version)
                outbox.append(session, self.record_of(event), now)
            receipt = store.receipt(session, report, row)
        self.committed(receipt.report_id)
        return receipt

    def _submit(
        self,
        partner: str,
        submission: ReportMetadata,
        document: Document | None,
        delivery: Delivery | None,
    ) -> tuple[Receipt, bool]:
        sha256 = hashlib.sha256(document.content).hexdigest() if document else None
        digest = submission_digest(submission, sha256)
        wanted = report_id(partner, submission.external_id, digest)
        with self.database.write() as session:
            report = store.locked_report(session, wanted)
            if report is not None:
                newest = store.version_row(session, wanted)
                if _same(newest, digest) or known(session, wanted, delivery):
                    return store.receipt(session, report, newest), False
            report = self._next_version(session, report, wanted, partner, submission)
            row = self._version(session, report, submission, digest, delivery)
            if document is not None:
                session.add(_document_row(row, document, sha256 or ""))
            session.flush()
            event = ReportSubmitted(report_id=wanted, version=row.version, partner=partner)
            outbox.append(session, self.record_of(event), row.submitted_at)
            return store.receipt(session, report, row), True

    def _next_version(
        self,
        session: Session,
        report: ReportRow | None,
        wanted: str,
        partner: str,
        submission: ReportMetadata,
    ) -> ReportRow:
        if report is not None:
            report.version += 1
            return report
        report = ReportRow(
            id=wanted,
            partner=partner,
            external_id=submission.external_id,
            version=1,
            created_at=self.clock(),
        )
        session.add(report)
        session.flush()
        return report

    def _version(
        self,
        session: Session,
        report: ReportRow,
        submission: ReportMetadata,
        digest: str,
        delivery: Delivery | None,
    ) -> VersionRow:
        now = self.clock()
        row = VersionRow(
            report_id=report.id,
            version=report.version,
            digest=digest,
            title=submission.title,
            submission=submission.model_dump(mode="json", exclude_defaults=True),
            status=ReportStatus.ACCEPTED.value,
            submitted_at=now,
            updated_at=now,
            resend_at=now + self.resend_after,
        )
        session.add(row)
        session.flush()
        store.add_status(
            session,
            row,
            ReportStatus.ACCEPTED,
            now=now,
            trace_id=current_trace_id(),
            detail=detail_of(delivery),
        )
        return row


def _same(newest: VersionRow, digest: str) -> bool:
    # What was rejected or withdrawn may be sent again as it was: a parser may have been mended.
    finished_badly = newest.status in {ReportStatus.REJECTED, ReportStatus.WITHDRAWN}
    return newest.digest == digest and not finished_badly


def _document_row(row: VersionRow, document: Document, sha256: str) -> DocumentRow:
    return DocumentRow(
        report_id=row.report_id,
        version=row.version,
        filename=document.filename,
        media_type=document.media_type,
        size=len(document.content),
        sha256=sha256,
        content=document.content,
    )
