"""Reads and writes of the SQL record, each within the caller's transaction."""

import datetime as dt
from typing import Any

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session, undefer

from libs.errors import Gone, NotFound
from libs.events.labels import InferredLabel
from libs.events.report import (
    DocumentInfo,
    Receipt,
    Rejection,
    ReportStatus,
    StatusEntry,
)
from services.ingest.links import links_of
from services.ingest.stages import stages_of
from services.ingest.tables import DocumentRow, ReportRow, StatusRow, VersionRow
from services.ingest.webhooks.announcing import announce

OPEN = VersionRow.status.in_([status.value for status in ReportStatus if not status.final])
# Withdrawn, and embed has not said yet that the passages are gone.
UNCONFIRMED = and_(
    VersionRow.status == ReportStatus.WITHDRAWN.value, VersionRow.removed_at.is_(None)
)


def report_row(session: Session, report_id: str) -> ReportRow:
    """The report. Raises NotFound."""
    # PostgreSQL refuses NUL in a text with an error, where SQLite just finds nothing.
    row = session.get(ReportRow, report_id) if report_id.isprintable() else None
    if row is None:
        raise NotFound("There is no such report. Check the id in the Location header.")
    return row


def locked_report(session: Session, report_id: str) -> ReportRow | None:
    """The report, if there is one, kept from all other writers until the transaction ends.

    Whatever writes to a report takes this lock before it looks, so that a handler never
    overwrites a withdrawal that was answered meanwhile.
    """
    if not report_id.isprintable():
        return None
    wanted = select(ReportRow).where(ReportRow.id == report_id).with_for_update()
    return session.scalar(wanted.execution_options(populate_existing=True))


def locked_version(session: Session, report_id: str, version: int) -> VersionRow:
    """One version of a report that is locked as by `locked_report`. Raises NotFound."""
    locked_report(session, report_id)
    return version_row(session, report_id, version)


def own_report(session: Session, partner: str, report_id: str) -> ReportRow:
    """A partner's own report, locked. Raises NotFound also when it is another's."""
    row = locked_report(session, report_id)
    if row is None or row.partner != partner:
        raise NotFound("There is no such report of yours. Check the id.")
    return row


def version_row(session: Session, report_id: str, version: int | None = None) -> VersionRow:
    """One version, by default the newest. Raises NotFound."""
    wanted = version or report_row(session, report_id).version
    row = session.get(VersionRow, (report_id, wanted))
    if row is None:
        raise NotFound(f"Report {report_id} has no version {wanted}.")
    return row


def readable_version(session: Session, report_id: str, version: int | None = None) -> VersionRow:
    """As `version_row`, but raises Gone for what was withdrawn."""
    row = version_row(session, report_id, version)
    if row.version <= withdrawn_up_to(session, report_id):
        raise Gone(f"Report {report_id} was withdrawn by its partner.")
    return row


def withdrawn_up_to(session: Session, report_id: str) -> int:
    """The newest version that was withdrawn, and with it all older ones; 0 when none was."""
    newest = session.scalar(
        select(func.max(VersionRow.version)).where(
            VersionRow.report_id == report_id, VersionRow.status == ReportStatus.WITHDRAWN.value
        )
    )
    return newest or 0


def standing_version(session: Session, report_id: str) -> VersionRow | None:
    """The version whose passages belong in the collection: the newest that was indexed.

    It stands while a newer one is in progress or was rejected, and until a withdrawal.
    """
    return session.scalar(
        select(VersionRow)
        .where(
            VersionRow.report_id == report_id,
            VersionRow.version > withdrawn_up_to(session, report_id),
            VersionRow.status == ReportStatus.INDEXED.value,
        )
        .order_by(VersionRow.version.desc())
        .limit(1)
    )


def newest_with_content(session: Session, report_id: str) -> VersionRow:
    """The newest version that can be read; a rejected one only where there is no other.

    While a newer one waits, or after it was rejected, the older one is still recommended.
    Raises Gone for a withdrawn report, NotFound when no version has content.
    """
    newest = readable_version(session, report_id)
    row = session.scalar(
        select(VersionRow)
        .where(
            VersionRow.report_id == report_id,
            VersionRow.version > withdrawn_up_to(session, report_id),
            VersionRow.content.is_not(None),
        )
        .order_by(VersionRow.status == ReportStatus.REJECTED.value, VersionRow.version.desc())
        .limit(1)
    )
    if row is None:
        raise NotFound(
            f"Report {report_id} has no readable content: its status is {newest.status}."
        )
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
    """Set a version's status, write it into the report's history and announce it to webhooks."""
    row.status = status
    row.updated_at = now
    last = session.scalar(
        select(func.max(StatusRow.seq)).where(StatusRow.report_id == row.report_id)
    )
    entry = StatusRow(
        report_id=row.report_id,
        seq=(last or 0) + 1,
        version=row.version,
        status=status.value,
        at=now,
        trace_id=trace_id,
        detail=detail or {},
    )
    session.add(entry)
    session.flush()
    announce(session, row, entry)


def document_rows(
    session: Session, row: VersionRow, *, with_bytes: bool = False
) -> list[DocumentRow]:
    """A version's originals in order, none for a JSON submission; their bytes only when wanted."""
    found = select(DocumentRow).where(
        DocumentRow.report_id == row.report_id, DocumentRow.version == row.version
    )
    options = [undefer(DocumentRow.content)] if with_bytes else []
    return list(session.scalars(found.order_by(DocumentRow.number).options(*options)))


def document_row(session: Session, row: VersionRow, number: int) -> DocumentRow:
    """One of a version's originals with its bytes. Raises NotFound for a number it has not."""
    key = (row.report_id, row.version, number)
    found = session.get(DocumentRow, key, options=[undefer(DocumentRow.content)])
    if found is None:
        raise NotFound(
            "This report has no such document; read its text at its `content` link, where the "
            "documents that it has are listed."
        )
    return found


def document_info(row: DocumentRow) -> DocumentInfo:
    """What is told of an original."""
    return DocumentInfo(
        number=row.number,
        filename=row.filename,
        media_type=row.media_type,
        size=row.size,
        sha256=row.sha256,
        # With its version: what a citation leads to must not change with the next one.
        link=f"/v1/reports/{row.report_id}/documents/{row.number}?version={row.version}",
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
    """The receipt of a version; with its history and documents when `full`."""
    documents = [document_info(each) for each in document_rows(session, row)] if full else []
    entries = history(session, report.id) if full else []
    return Receipt(
        report_id=report.id,
        version=row.version,
        status=ReportStatus(row.status),
        title=row.title,
        partner=report.partner,
        external_id=report.external_id,
        source=report.source,
        submitted_at=row.submitted_at,
        updated_at=row.updated_at,
        passages=row.passages,
        rejection=Rejection.model_validate(row.rejection) if row.rejection else None,
        document=documents[0] if documents else None,
        documents=tuple(documents),
        stages=stages_of(entries, row.version),
        labels=inferred(row) if full else (),
        history=tuple(entries),
        links=links_of(report, with_document=bool(documents)),
    )


def inferred(row: VersionRow) -> tuple[InferredLabel, ...]:
    """What sorting found in a version."""
    return tuple(InferredLabel.model_validate(label) for label in row.labels or ())


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
    return counts | dict(found.all())


def last_trace_id(session: Session, row: VersionRow) -> str | None:
    """The trace of a version's latest step that had one."""
    return session.scalar(
        select(StatusRow.trace_id)
        .where(
            StatusRow.report_id == row.report_id,
            StatusRow.version == row.version,
            StatusRow.trace_id.is_not(None),
        )
        .order_by(StatusRow.seq.desc())
        .limit(1)
    )


def confirm_removal(session: Session, report_id: str, version: int, now: dt.datetime) -> None:
    """Note that the passages of a withdrawn version, and of all before it, are gone."""
    session.execute(
        update(VersionRow)
        .where(VersionRow.report_id == report_id, VersionRow.version <= version, UNCONFIRMED)
        .values(removed_at=now)
    )


def overdue(session: Session, now: dt.datetime, limit: int) -> list[VersionRow]:
    """Versions that wait for an event and whose time to have it sent again has come.

    These are newest versions that are not finished, and withdrawn ones whose passages are not
    known to be gone.
    """
    found = session.scalars(
        select(VersionRow)
        .join(ReportRow, ReportRow.id == VersionRow.report_id)
        .where(
            or_(and_(OPEN, VersionRow.version == ReportRow.version), UNCONFIRMED),
            VersionRow.resend_at <= now,
        )
        .order_by(VersionRow.resend_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(found)


def make_due(session: Session, before: dt.datetime) -> None:
    """Let everything be sent again now that has waited since before a moment."""
    session.execute(
        update(VersionRow)
        .where(or_(OPEN, UNCONFIRMED), VersionRow.updated_at < before)
        .values(resend_at=before)
    )
