"""Taking a report in: record, document and outbox row in one transaction, or none of it."""

import datetime as dt
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

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
from services.ingest import facets, store
from services.ingest.deliveries import (
    Delivery,
    check_not_overtaken,
    detail_of,
    handled,
    note,
)
from services.ingest.entity_tags import ANYTHING, Condition, standing
from services.ingest.identity import report_id, submission_digest
from services.ingest.tables import DocumentRow, ReportRow, VersionRow

R = TypeVar("R")


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
        documents: Sequence[Document] = (),
        delivery: Delivery | None = None,
    ) -> tuple[Receipt, bool]:
        """Record a submission; returns its receipt, and False if the same was there already.

        What comes with documents has its text in them, and is else a ReportSubmission.
        The same external id with other content is a new version of the report. Raises
        InvalidInput for a `delivery` that a later one has overtaken.
        """
        receipt, created = self.in_transaction(
            lambda session: self.record(session, partner, submission, documents, delivery=delivery)
        )
        if created:
            self.committed(receipt.report_id)
        return receipt, created

    def withdraw(self, partner: str, wanted: str, delivery: Delivery | None = None) -> Receipt:
        """Withdraw a partner's report. Idempotent. Raises NotFound for another's.

        Raises InvalidInput for a `delivery` that a later one has overtaken.
        """
        receipt = self.in_transaction(
            lambda session: self.take_back(session, partner, wanted, delivery=delivery)
        )
        self.committed(receipt.report_id)
        return receipt

    def in_transaction(self, work: Callable[[Session], R]) -> R:
        """What `work` returns, its writes committed. `committed` is the caller's to call."""
        try:
            with self.database.write() as session:
                return work(session)
        except IntegrityError:
            # Another request recorded the same report in between: now it is there to be read.
            with self.database.write() as session:
                return work(session)

    def record(
        self,
        session: Session,
        partner: str,
        submission: ReportMetadata,
        documents: Sequence[Document],
        condition: Condition = ANYTHING,
        delivery: Delivery | None = None,
    ) -> tuple[Receipt, bool]:
        """As `submit`, within the caller's transaction. Raises PreconditionFailed."""
        digests = _digests(documents)
        digest = submission_digest(submission, digests)
        wanted = report_id(partner, submission.external_id, digest, submission.source)
        report = store.locked_report(session, wanted)
        if report is None:
            condition.check(None, done=False)
        else:
            newest = store.version_row(session, wanted)
            same = _same(newest, digest)
            condition.check(standing(newest.version, newest.status), done=same)
            if handled(session, report, delivery):
                return store.receipt(session, report, newest), False
            if same:
                note(session, report, delivery, self.clock(), effect=False)
                return store.receipt(session, report, newest), False
            check_not_overtaken(report, delivery)
        report = self._next_version(session, report, wanted, partner, submission)
        row = self._version(session, report, submission, digest, delivery)
        note(session, report, delivery, row.submitted_at, effect=True)
        for number, each in enumerate(zip(documents, digests, strict=True)):
            session.add(_document_row(row, number, *each))
        session.flush()
        event = ReportSubmitted(report_id=wanted, version=row.version, partner=partner)
        outbox.append(session, self.record_of(event), row.submitted_at)
        return store.receipt(session, report, row), True

    def take_back(
        self,
        session: Session,
        partner: str,
        wanted: str,
        condition: Condition = ANYTHING,
        delivery: Delivery | None = None,
    ) -> Receipt:
        """As `withdraw`, within the caller's transaction. Raises PreconditionFailed too."""
        report = store.own_report(session, partner, wanted)
        row = store.version_row(session, report.id)
        withdrawn = row.status == ReportStatus.WITHDRAWN
        condition.check(standing(row.version, row.status), done=withdrawn)
        if handled(session, report, delivery):
            return store.receipt(session, report, row)
        now = self.clock()
        if not withdrawn:
            check_not_overtaken(report, delivery)
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
        note(session, report, delivery, now, effect=not withdrawn)
        return store.receipt(session, report, row)

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
            source=submission.source,
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
        facets.keep(session, row, submission)
        return row


def digest_of(submission: ReportMetadata, documents: Sequence[Document]) -> str:
    """What tells one submission from another: see identity.submission_digest."""
    return submission_digest(submission, _digests(documents))


def _digests(documents: Sequence[Document]) -> list[str]:
    return [hashlib.sha256(document.content).hexdigest() for document in documents]


def _same(newest: VersionRow, digest: str) -> bool:
    # What was rejected or withdrawn may be sent again as it was: a parser may have been mended.
    finished_badly = newest.status in {ReportStatus.REJECTED, ReportStatus.WITHDRAWN}
    return newest.digest == digest and not finished_badly


def _document_row(row: VersionRow, number: int, document: Document, sha256: str) -> DocumentRow:
    return DocumentRow(
        report_id=row.report_id,
        version=row.version,
        number=number,
        filename=document.filename,
        media_type=document.media_type,
        size=len(document.content),
        sha256=sha256,
        content=document.content,
    )
