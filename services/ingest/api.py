"""Ingest over HTTP: follow and read, beside what intake_api and listing_api add."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, Path, Query, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import AwareDatetime
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from libs.database.engine import Database
from libs.errors import NotFound
from libs.events.labels import InferredLabel
from libs.events.report import (
    NormalisedReport,
    Receipt,
    ReportContent,
    ReportStatus,
    StatusEntry,
)
from libs.runtime.http import answer_head
from services.ingest import store
from services.ingest.answers import bytes_told, model_told, receipt_answer, told
from services.ingest.desk import Desk
from services.ingest.idempotency import IdempotencyKeys
from services.ingest.intake import Intake
from services.ingest.intake_api import intake_routes
from services.ingest.listing_api import listing_routes
from services.ingest.replay import Replay
from services.ingest.request_headers import IfNoneMatch
from services.ingest.settings import KEEP_ANSWERS_S
from services.ingest.status_board import StatusBoard
from services.ingest.tables import VersionRow

# As large as an INTEGER of PostgreSQL.
Version = Annotated[int, Path(ge=1, le=2**31 - 1)]
# The newest one where none is named.
AnyVersion = Annotated[int | None, Query(ge=1, le=2**31 - 1)]
DocumentNumber = Annotated[int, Path(ge=0, le=2**31 - 1)]
LastEventId = Annotated[str | None, Header(pattern=r"^\d{1,9}$")]
# A change made by another replica wakes nobody here, so the history is looked at this often.
LOOK_AGAIN_S = 1.0
KEEP_ANSWERS = dt.timedelta(seconds=KEEP_ANSWERS_S)


def routes(
    database: Database,
    intake: Intake,
    board: StatusBoard,
    replay: Replay,
    keep_answers: dt.timedelta = KEEP_ANSWERS,
) -> APIRouter:
    """The router. The partner comes from the gateway, which knows who asks.

    An answer is given again under its idempotency key for as long as `keep_answers`.
    """
    router = APIRouter()
    desk = Desk(intake, IdempotencyKeys(intake.clock, keep_answers))
    router.include_router(intake_routes(database, desk))
    router.include_router(listing_routes(database, intake.clock))
    _add_counts(router, database)
    _add_following(router, database, board)
    _add_reading(router, database)
    _add_replaying(router, replay)
    return answer_head(router)


def _add_counts(router: APIRouter, database: Database) -> None:
    @router.get("/internal/counts")
    def counts() -> dict[str, int]:
        with database.read() as session:
            return store.status_counts(session)


def _add_following(router: APIRouter, database: Database, board: StatusBoard) -> None:
    @router.get("/v1/reports/{report_id}", response_model=Receipt)
    def read_receipt(report_id: str, if_none_match: IfNoneMatch) -> Response:
        with database.read() as session:
            report = store.report_row(session, report_id)
            receipt = store.receipt(session, report, store.version_row(session, report_id))
        return told(receipt_answer(receipt), if_none_match)

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
    @router.get("/v1/reports/{report_id}/content", response_model=ReportContent)
    def read_content(report_id: str, if_none_match: IfNoneMatch) -> Response:
        with database.read() as session:
            content = _content(session, store.newest_with_content(session, report_id))
        return model_told(content, if_none_match)

    @router.get("/internal/reports/{report_id}/versions/{version}")
    def read_version(report_id: str, version: Version) -> ReportContent:
        with database.read() as session:
            return _content(session, store.readable_version(session, report_id, version))

    @router.get("/internal/reports/{report_id}/versions/{version}/labels")
    def read_labels(report_id: str, version: Version) -> list[InferredLabel]:
        with database.read() as session:
            return list(store.inferred(store.readable_version(session, report_id, version)))

    @router.get("/v1/reports/{report_id}/document", response_class=Response)
    def download(
        report_id: str, if_none_match: IfNoneMatch, version: AnyVersion = None
    ) -> Response:
        return download_one(report_id, 0, if_none_match, version)

    @router.get("/v1/reports/{report_id}/documents/{number}", response_class=Response)
    def download_one(
        report_id: str,
        number: DocumentNumber,
        if_none_match: IfNoneMatch,
        version: AnyVersion = None,
    ) -> Response:
        with database.read() as session:
            row = store.readable_version(session, report_id, version)
            document = store.document_row(session, row, number)
        return bytes_told(
            document.content,
            f'"{document.sha256}"',
            document.media_type,
            if_none_match,
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
    documents = [store.document_info(each) for each in store.document_rows(session, row)]
    return ReportContent(
        report_id=row.report_id,
        version=row.version,
        partner=report.partner,
        report=NormalisedReport.model_validate(row.content),
        document=documents[0] if documents else None,
        documents=tuple(documents),
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
