"""Handing over and withdrawing over HTTP, by Navigator's id or by the partner's own name."""

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from libs.database.engine import Database
from libs.errors import Gone
from libs.events.report import Receipt, ReportStatus
from libs.runtime.http import answer_head
from libs.runtime.paths import NAMED_REPORT, register_any_text
from services.ingest import store
from services.ingest.answers import receipt_answer, told
from services.ingest.desk import Desk
from services.ingest.naming import Named
from services.ingest.request_headers import AskedTerms, IfNoneMatch, Partner
from services.ingest.submissions import read_submission


def intake_routes(database: Database, desk: Desk) -> APIRouter:
    """The router of everything that changes a report, and of reading it by its partner's name."""
    register_any_text()
    router = APIRouter()
    _add_unnamed(router, desk)
    _add_named(router, database, desk)
    return answer_head(router)


def _add_unnamed(router: APIRouter, desk: Desk) -> None:
    @router.post("/v1/reports", status_code=202, response_model=Receipt)
    async def submit(request: Request, terms: AskedTerms) -> Response:
        submission, documents = await read_submission(request)
        answer = await run_in_threadpool(desk.submit, terms, submission, documents)
        return answer.response()

    @router.delete("/v1/reports/{report_id}", response_model=Receipt)
    def withdraw(report_id: str, terms: AskedTerms) -> Response:
        return desk.withdraw(terms, report_id).response()


def _add_named(router: APIRouter, database: Database, desk: Desk) -> None:
    @router.put(NAMED_REPORT, status_code=202, response_model=Receipt)
    async def put(request: Request, name: Named, terms: AskedTerms) -> Response:
        submission, documents = await read_submission(request)
        named = name.given_to(submission, "/metadata" if documents else "")
        answer = await run_in_threadpool(desk.submit, terms, named, documents)
        return answer.response()

    @router.get(NAMED_REPORT, response_model=Receipt)
    def read(name: Named, if_none_match: IfNoneMatch, partner: Partner = "local") -> Response:
        with database.read() as session:
            report = store.report_row(session, name.report_id(partner))
            receipt = store.receipt(session, report, store.version_row(session, report.id))
        here = receipt.links["self"]
        if receipt.status is ReportStatus.WITHDRAWN:
            raise Gone(f"This report was withdrawn. Its receipt is at {here}.")
        return told(receipt_answer(receipt, headers={"content-location": here}), if_none_match)

    @router.delete(NAMED_REPORT, response_model=Receipt)
    def withdraw(name: Named, terms: AskedTerms) -> Response:
        return desk.withdraw(terms, name.report_id(terms.partner)).response()
