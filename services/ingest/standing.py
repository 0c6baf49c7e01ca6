"""What is settled of every report, page by page: from this a new collection is built."""

from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import ColumnElement, Subquery, func, select
from sqlalchemy.orm import Session, load_only

from libs.database.engine import Database
from libs.events.reindex import MOST_STANDING, StandingReport, StandingReports
from libs.events.report import ReportStatus
from services.ingest.announcements import accepted
from services.ingest.tables import ReportRow, VersionRow

_NEEDED = (
    VersionRow.report_id,
    VersionRow.version,
    VersionRow.digest,
    VersionRow.status,
    VersionRow.passages,
)
_SETTLED = [ReportStatus.INDEXED.value, ReportStatus.WITHDRAWN.value]


def standing_routes(database: Database) -> APIRouter:
    """The router."""
    router = APIRouter()

    @router.get("/internal/reports/standing")
    def standing(
        after: str = "", limit: Annotated[int, Query(ge=1, le=MOST_STANDING)] = MOST_STANDING
    ) -> StandingReports:
        with database.read() as session:
            return standing_reports(session, after=after, limit=limit)

    return router


def standing_reports(session: Session, *, after: str, limit: int) -> StandingReports:
    """Reports behind an id that are indexed or were withdrawn, in order of their ids."""
    # A withdrawal takes all versions before it: the newest of the two decides.
    settled = (
        select(VersionRow.report_id, func.max(VersionRow.version).label("version"))
        .where(VersionRow.status.in_(_SETTLED))
        .group_by(VersionRow.report_id)
        .subquery()
    )
    is_settled = (VersionRow.report_id == settled.c.report_id) & (
        VersionRow.version == settled.c.version
    )
    rows = session.execute(
        select(VersionRow, ReportRow.partner)
        .join(settled, is_settled)
        .join(ReportRow, ReportRow.id == VersionRow.report_id)
        .where(VersionRow.report_id > after)
        .order_by(VersionRow.report_id)
        .limit(limit)
        # Without what was handed over and what was made of it: megabytes in a page.
        .options(load_only(*_NEEDED))
    )
    items = tuple(_standing(row, partner) for row, partner in rows)
    # They take longer than a page, and are asked for once in going through all pages.
    reports, passages = (None, None) if after else _totals(session, is_settled, settled)
    following = items[-1].report_id if len(items) == limit else None
    return StandingReports(items=items, next=following, reports=reports, passages=passages)


def _totals(
    session: Session, is_settled: ColumnElement[bool], settled: Subquery
) -> tuple[int, int]:
    found = session.execute(
        select(func.count(), func.sum(VersionRow.passages))
        .select_from(VersionRow)
        .join(settled, is_settled)
        .where(VersionRow.status == ReportStatus.INDEXED.value)
    ).one()
    return found[0], found[1] or 0


def _standing(row: VersionRow, partner: str) -> StandingReport:
    event = accepted(row, partner)
    return StandingReport(
        report_id=row.report_id,
        version=row.version,
        partner=partner,
        digest=event.digest,
        content_url=event.content_url,
        passages=row.passages or 0,
        withdrawn=row.status == ReportStatus.WITHDRAWN.value,
    )
