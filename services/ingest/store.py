"""Reads and writes of the SQL record, each within the caller's transaction."""

import datetime as dt
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session, undefer

from libs.errors import Gone, NotFound
from libs.events.listing import Cursor
from libs.events.report import (
    DocumentInfo,
    Receipt,
    Rejection,
    ReportStatus,
    StatusEntry,
)
from services.ingest.tables import DocumentRow, ReportRow, StatusRow, VersionRow

OPEN_STATUSES = [status.value for status in ReportStatus if not status.final]


def report_row(session: Session, report_id: str) -> ReportRow:
    """The report. Raises NotFound."""
    row = session.get(ReportRow, report_id)
    if row is None:
        raise NotFound(f"There is no report {report_id}. Check the id in the Location header.")
    return row


def own_report(session: Session, partner: str, report_id: str) -> ReportRow:
    """A partner's own report. Raises NotFound also when it is another's."""
    row = session.get(ReportRow, report_id)
    if row is None or row.partner != partner:
        raise NotFound(f"There is no report {report_id} of yours. Check the id.")
    return row


def version_row(session: Session, report_id: str, version: int | None = None) -> VersionRow:
    """One version, by default the newest. Raises NotFound."""
    wanted = version or report_row(session, report_id).version
    row = session.get(VersionRow, (report_id, wanted))
    if row is None:
        raise NotFound(f"Report {report_id} has no version {wanted}.")
    return row


def readable_version(session: Session, report_id: str, version: int | None = None) -> VersionRow:
    """As `version_row`, but raises Gone for a withdrawn report."""
    row = version_row(session, report_id, version)
    if row.status == ReportStatus.WITHDRAWN:
        raise Gone(f"Report {report_id} was withdrawn by its partner.")
    return row


def add_status(
    session: Session,
    row: VersionRow,
    status: ReportStatus,
    *,
    now: dt.datetime,
    trace_id: str | None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Set a version's status and write it into the report's history."""
    row.status = status
    row.updated_at = now
    last = session.scalar(
        select(func.max(StatusRow.seq)).where(StatusRow.report_id == row.report_id)
    )
    session.add(
        StatusRow(
            report_id=row.report_id,
            seq=(last or 0) + 1,
            version=row.version,
            status=status.value,
            at=now,
            trace_id=trace_id,
            detail=detail or {},
        )
    )
    session.flush()


def document_row(
    session: Session, row: VersionRow, *, with_bytes: bool = False
) -> DocumentRow | None:
    """The original of a version, None for a JSON submission; its bytes only when wanted."""
    options = [undefer(DocumentRow.content)] if with_bytes else []
    return session.get(DocumentRow, (row.report_id, row.version), options=options)


def document_info(row: DocumentRow | None) -> DocumentInfo | None:
    """What is told of an original."""
    if row is None:
        return None
    return DocumentInfo(
        filename=row.filename, media_type=row.media_type, size=row.size, sha256=row.sha256
    )


def history(session: Session, report_id: str, *, after: int = 0) -> list[StatusEntry]:
    """The report's history in order, from the line behind `after`."""
    rows = session.scalars(
        select(StatusRow)
        .where(StatusRow.report_id == report_id, StatusRow.seq > after)
        .order_by(StatusRow.seq)
    )
    return [
        StatusEntry(
            seq=row.seq,
            version=row.version,
            status=ReportStatus(row.status),
            at=row.at,
            trace_id=row.trace_id,
            detail=row.detail,
        )
        for row in rows
    ]


def receipt(session: Session, report: ReportRow, row: VersionRow, *, full: bool = True) -> Receipt:
    """The receipt of a version; with its history and document when `full`."""
    base = f"/v1/reports/{report.id}"
    document = document_row(session, row) if full else None
    links = {"self": base, "content": f"{base}/content", "events": f"{base}/events"}
    if document is not None:
        links["document"] = f"{base}/document"
    return Receipt(
        report_id=report.id,
        version=row.version,
        status=ReportStatus(row.status),
        title=row.title,
        partner=report.partner,
        external_id=report.external_id,
        submitted_at=row.submitted_at,
        updated_at=row.updated_at,
        passages=row.passages,
        rejection=Rejection.model_validate(row.rejection) if row.rejection else None,
        document=document_info(document),
        history=tuple(history(session, report.id)) if full else (),
        links=links,
    )


def list_reports(
    session: Session, *, status: ReportStatus | None, after: Cursor | None, limit: int
) -> list[tuple[ReportRow, VersionRow]]:
    """The newest version of each report, in order of arrival, from behind the cursor."""
    wanted: list[ColumnElement[bool]] = [VersionRow.version == ReportRow.version]
    if status:
        wanted.append(VersionRow.status == status.value)
    if after:
        wanted.append(
            or_(
                ReportRow.created_at > after.created_at,
                and_(ReportRow.created_at == after.created_at, ReportRow.id > after.report_id),
            )
        )
    found = session.execute(
        select(ReportRow, VersionRow)
        .join(VersionRow, VersionRow.report_id == ReportRow.id)
        .where(*wanted)
        .order_by(ReportRow.created_at, ReportRow.id)
        .limit(limit)
    )
    return [(report, version) for report, version in found]


def status_counts(session: Session) -> dict[str, int]:
    """How many reports stand where (their newest versions)."""
    found = session.execute(
        select(VersionRow.status, func.count())
        .join(
            ReportRow,
            (ReportRow.id == VersionRow.report_id) & (ReportRow.version == VersionRow.version),
        )
        .group_by(VersionRow.status)
    )
    counts = {status.value: 0 for status in ReportStatus}
    return counts | dict(found.tuples().all())


def overdue(session: Session, now: dt.datetime, limit: int) -> list[VersionRow]:
    """Newest versions that are not finished and whose time to be sent again has come."""
    found = session.scalars(
        select(VersionRow)
        .join(
            ReportRow,
            (ReportRow.id == VersionRow.report_id) & (ReportRow.version == VersionRow.version),
        )
        .where(VersionRow.status.in_(OPEN_STATUSES), VersionRow.resend_at <= now)
        .order_by(VersionRow.resend_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(found)


def make_due(session: Session, before: dt.datetime) -> None:
    """Let everything unfinished that was last sent before a moment be sent again now."""
    session.execute(
        update(VersionRow)
        .where(VersionRow.status.in_(OPEN_STATUSES), VersionRow.submitted_at < before)
        .values(resend_at=before)
    )
