"""Ingest over HTTP: hand over, follow, read, withdraw."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import AwareDatetime
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from libs.database.engine import Database
from libs.errors import NotFound
from libs.events.listing import Cursor, ReportPage, read_cursor
from libs.events.report import (
    NormalisedReport,
    Receipt,
    ReportContent,
    ReportStatus,
    StatusEntry,
)
from services.ingest import store
from services.ingest.intake import Intake
from services.ingest.replay import Replay
from services.ingest.status_board import StatusBoard
from services.ingest.submissions import read_submission
from services.ingest.tables import VersionRow

Partner = Annotated[str, Header(alias="x-navigator-partner", pattern=r"^[a-z0-9-]{1,64}$")]
# As large as an INTEGER of PostgreSQL.
Version = Annotated[int, Path(ge=1, le=2**31 - 1)]
LastEventId = Annotated[str | None, Header(pattern=r"^\d{1,9}$")]
# A change made by another replica wakes nobody here, so the history is looked at this often.
LOOK_AGAIN_S = 1.0


def routes(database: Database, intake: Intake, board: StatusBoard, replay: Replay) -> APIRouter:
    """The router. The partner comes from the gateway, which knows who asks."""
    router = APIRouter()
    _add_writing(router, intake)
    _add_listing(router, database)
    _add_following(router, database, board)
    _add_reading(router, database)
    _add_replaying(router, replay)
    return router


def _add_writing(router: APIRouter, intake: Intake) -> None:
    @router.post("/v1/reports", status_code=202, response_model=Receipt)
    async def submit(request: Request, partner: Partner = "local") -> Response:
        submission, document = await read_submission(request)
        receipt, created = await run_in_threadpool(intake.submit, partner, submission, document)
        return JSONResponse(
            receipt.model_dump(mode="json"),
            status_code=202 if created else 200,
            headers={"location": f"/v1/reports/{receipt.report_id}"},
        )

    @router.delete("/v1/reports/{report_id}")
    def withdraw(report_id: str, partner: Partner = "local") -> Receipt:
        return intake.withdraw(partner, report_id)


def _add_listing(router: APIRouter, database: Database) -> None:
    @router.get("/v1/reports")
    def list_reports(
        status: ReportStatus | None = None,
        cursor: Annotated[str | None, Query(max_length=500)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> ReportPage:
        after = read_cursor(cursor) if cursor else None
        with database.read() as session:
            found = store.list_reports(session, status=status, after=after, limit=limit + 1)
            items = [store.receipt(session, *pair, full=False) for pair in found[:limit]]
        last = found[limit - 1][0] if len(found) > limit else None
        following = Cursor(created_at=last.created_at, report_id=last.id) if last else None
        return ReportPage(items=items, next=following.encode() if following else None)

    @router.get("/internal/counts")
    def counts() -> dict[str, int]:
        with database.read() as session:
            return store.status_counts(session)


def _add_following(router: APIRouter, database: Database, board: StatusBoard) -> None:
    @router.get("/v1/reports/{report_id}")
    def read_receipt(report_id: str) -> Receipt:
        with database.read() as session:
            report = store.report_row(session, report_id)
            return store.receipt(session, report, store.version_row(session, report_id))

    def existing(report_id: str) -> str:
        # Once a stream has begun it is too late to answer 404.
        with database.read() as session:
            return store.report_row(session, report_id).id

    @router.get("/v1/reports/{report_id}/events", response_class=EventSourceResponse)
    async def follow(
        report_id: Annotated[str, Depends(existing)], last_event_id: LastEventId = None
    ) -> AsyncIterator[ServerSentEvent]:
        async for entry in _follow(database, board, report_id, int(last_event_id or 0)):
            yield ServerSentEvent(data=entry, event="status", id=str(entry.seq))


def _add_reading(router: APIRouter, database: Database) -> None:
    @router.get("/v1/reports/{report_id}/content")
    def read_content(report_id: str) -> ReportContent:
        with database.read() as session:
            return _content(session, store.newest_with_content(session, report_id))

    @router.get("/internal/reports/{report_id}/versions/{version}")
    def read_version(report_id: str, version: Version) -> ReportContent:
        with database.read() as session:
            return _content(session, store.readable_version(session, report_id, version))

    @router.get("/v1/reports/{report_id}/document", response_class=Response)
    def download(report_id: str) -> Response:
        with database.read() as session:
            row = store.readable_version(session, report_id)
            document = store.document_row(session, row, with_bytes=True)
        if document is None:
            raise NotFound("This report came as JSON; read it at its `content` link.")
        return Response(
            document.content,
            media_type=document.media_type,
            headers={
                # A partner's HTML must never run in the gateway's origin.
                "content-disposition": f"attachment; filename*=UTF-8''{quote(document.filename)}",
                "x-content-type-options": "nosniff",
                "content-security-policy": "sandbox",
            },
        )


def _add_replaying(router: APIRouter, replay: Replay) -> None:
    @router.post("/internal/replay", status_code=202)
    def replay_reports(
        report_id: str | None = None,
        partner: str | None = None,
        since: AwareDatetime | None = None,
    ) -> dict[str, int]:
        return {"reports": replay.replay(report_id=report_id, partner=partner, since=since)}


def _content(session: Session, row: VersionRow) -> ReportContent:
    if row.content is None:
        raise NotFound(
            f"Report {row.report_id} has no readable content: its status is {row.status}."
        )
    report = store.report_row(session, row.report_id)
    document = store.document_info(store.document_row(session, row))
    return ReportContent(
        report_id=row.report_id,
        version=row.version,
        partner=report.partner,
        report=NormalisedReport.model_validate(row.content),
        document=document,
    )


async def _follow(
    database: Database, board: StatusBoard, report_id: str, seen: int
) -> AsyncIterator[StatusEntry]:
    with board.watch(report_id) as changed:
        while True:
            changed.clear()
            entries, finished = await run_in_threadpool(_look, database, report_id, seen)
            for entry in entries:
                seen = entry.seq
                yield entry
            if finished:
                return
            try:
                await asyncio.wait_for(changed.wait(), LOOK_AGAIN_S)
            except TimeoutError:
                continue


def _look(database: Database, report_id: str, seen: int) -> tuple[list[StatusEntry], bool]:
    with database.read() as session:
        finished = ReportStatus(store.version_row(session, report_id).status).final
        return store.history(session, report_id, after=seen), finished
