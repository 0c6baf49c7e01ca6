"""The records of several versions in one answer: what a question's cards are made of."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from fastapi import APIRouter
from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session, load_only

from libs.database.engine import Database
from libs.events.records import RECORDS_PATH, Records, RecordsRequest, ReportVersion, VersionRecord
from libs.events.report import DocumentInfo, NormalisedReport, ReportContent, ReportStatus
from services.ingest import store
from services.ingest.tables import DocumentRow, ReportRow, VersionRow

_Key = tuple[str, int]


def record_routes(database: Database) -> APIRouter:
    """The router."""
    router = APIRouter()

    @router.post(RECORDS_PATH)
    def records(request: RecordsRequest) -> Records:
        with database.read() as session:
            return Records(records=tuple(readable_records(session, request.versions)))

    return router


def readable_records(
    session: Session, versions: Sequence[ReportVersion]
) -> Iterable[VersionRecord]:
    """Those that have content and were not withdrawn. Three queries, however many they are."""
    # PostgreSQL refuses NUL in a text with an error, where SQLite just finds nothing.
    keys = {(each.report_id, each.version) for each in versions if each.report_id.isprintable()}
    withdrawn = _withdrawn(session, {report_id for report_id, _ in keys})
    documents = _documents(session, keys)
    rows = session.execute(
        select(VersionRow, ReportRow.partner)
        .join(ReportRow, ReportRow.id == VersionRow.report_id)
        .where(tuple_(VersionRow.report_id, VersionRow.version).in_(keys))
        .where(VersionRow.content.is_not(None))
        # Without what was handed over, which is as large.
        .options(load_only(VersionRow.content, VersionRow.labels))
    )
    for row, partner in rows:
        if row.version > withdrawn.get(row.report_id, 0):
            own = tuple(documents[row.report_id, row.version])
            yield VersionRecord(content=_content(row, partner, own), labels=store.inferred(row))


def _content(row: VersionRow, partner: str, documents: tuple[DocumentInfo, ...]) -> ReportContent:
    return ReportContent(
        report_id=row.report_id,
        version=row.version,
        partner=partner,
        report=NormalisedReport.model_validate(row.content),
        document=documents[0] if documents else None,
        documents=documents,
    )


def _withdrawn(session: Session, report_ids: Iterable[str]) -> dict[str, int]:
    found = session.execute(
        select(VersionRow.report_id, func.max(VersionRow.version).label("newest"))
        .where(VersionRow.report_id.in_(report_ids))
        .where(VersionRow.status == ReportStatus.WITHDRAWN.value)
        .group_by(VersionRow.report_id)
    )
    return {row.report_id: row.newest for row in found}


def _documents(session: Session, keys: Iterable[_Key]) -> dict[_Key, list[DocumentInfo]]:
    found = session.scalars(
        select(DocumentRow)
        .where(tuple_(DocumentRow.report_id, DocumentRow.version).in_(keys))
        .order_by(DocumentRow.report_id, DocumentRow.version, DocumentRow.number)
    )
    by_version: dict[_Key, list[DocumentInfo]] = defaultdict(list)
    for row in found:
        by_version[row.report_id, row.version].append(store.document_info(row))
    return by_version
