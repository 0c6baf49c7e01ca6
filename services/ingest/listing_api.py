"""The lists over HTTP: reports in order of arrival or of change, and one report's versions."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from libs.clock import Clock
from libs.database.engine import Database
from libs.events.listing import (
    ChangeCursor,
    Cursor,
    ListQuery,
    PageQuery,
    ReportPage,
    VersionCursor,
    VersionPage,
    read_cursor,
)
from libs.events.report import Rejection, ReportStatus, VersionInfo
from libs.runtime.http import answer_head
from services.ingest import store
from services.ingest.listing import Pair, list_changes, list_reports, list_versions
from services.ingest.tables import VersionRow


def listing_routes(database: Database, clock: Clock) -> APIRouter:
    """The router of the lists."""
    router = APIRouter()

    @router.get("/v1/reports")
    def reports(
        request: Request, response: Response, wanted: Annotated[ListQuery, Query()]
    ) -> ReportPage:
        with database.read() as session:
            found, following = _reports(session, wanted, clock())
            items = [store.receipt(session, *pair, full=False) for pair in found]
        return ReportPage(items=items, next=_linked(request, response, following))

    @router.get("/v1/reports/{report_id}/versions")
    def versions(
        request: Request,
        response: Response,
        report_id: str,
        wanted: Annotated[PageQuery, Query()],
    ) -> VersionPage:
        after = read_cursor(wanted.cursor, VersionCursor) if wanted.cursor else None
        with database.read() as session:
            store.report_row(session, report_id)
            rows = list_versions(session, report_id, after=after, limit=wanted.limit + 1)
            items = [_info(row) for row in rows[: wanted.limit]]
        more = len(rows) > wanted.limit
        following = VersionCursor(version=items[-1].version).encode() if more else None
        return VersionPage(items=items, next=_linked(request, response, following))

    return answer_head(router)


def _reports(
    session: Session, wanted: ListQuery, now: dt.datetime
) -> tuple[list[Pair], str | None]:
    """A page, and the cursor of the one behind it if there is one."""
    # One more than wanted tells whether there is a page behind.
    limit = wanted.limit + 1
    if wanted.updated_since is None:
        after = read_cursor(wanted.cursor, Cursor) if wanted.cursor else None
        found = list_reports(session, after=after, limit=limit, wanted=wanted)
    else:
        seen = read_cursor(wanted.cursor, ChangeCursor) if wanted.cursor else None
        found = list_changes(session, after=seen, limit=limit, now=now, wanted=wanted)
    page = found[: wanted.limit]
    if len(found) == len(page):
        return page, None
    report, version = page[-1]
    if wanted.updated_since is None:
        return page, Cursor(created_at=report.created_at, report_id=report.id).encode()
    return page, ChangeCursor(updated_at=version.updated_at, report_id=report.id).encode()


def _linked(request: Request, response: Response, following: str | None) -> str | None:
    """The cursor, which is told as a Link (RFC 8288) too."""
    if following is not None:
        url = request.url.include_query_params(cursor=following)
        response.headers["link"] = f'<{url.path}?{url.query}>; rel="next"'
    return following


def _info(row: VersionRow) -> VersionInfo:
    return VersionInfo(
        version=row.version,
        status=ReportStatus(row.status),
        title=row.title,
        digest=row.digest,
        submitted_at=row.submitted_at,
        updated_at=row.updated_at,
        passages=row.passages,
        rejection=Rejection.model_validate(row.rejection) if row.rejection else None,
    )
