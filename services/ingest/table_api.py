"""Tables over HTTP: looked through without taking anything in, or taken in row by row."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from itertools import islice
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from libs.errors import FieldError, InvalidInput, NavigatorError, Overloaded
from libs.events.bulk import Answer, ndjson, summary_of
from libs.events.tables import TablePreview
from services.ingest.answer_stream import AnswerStream, Turns
from services.ingest.bulk import hand_over, refusal, stops
from services.ingest.intake import Intake
from services.ingest.request_headers import Partner
from services.ingest.spreadsheets.apart import read_apart
from services.ingest.spreadsheets.grid import Grid
from services.ingest.spreadsheets.preview import preview, why_useless
from services.ingest.spreadsheets.row_reports import RowReader, RowReport
from services.ingest.spreadsheets.table import Table, read_table
from services.ingest.table_form import TableForm, read_table_form

_AT_ONCE: Final = 20
# Each is a process that may take a gigabyte, and most take a second.
_READ_AT_ONCE: Final = 1
# Under the gateway's limit on silence, with the time that reading itself may take.
_WAIT_S: Final = 25.0


def table_routes(
    intake: Intake, turns: Turns, read_grid: Callable[[bytes, str | None], Grid] = read_apart
) -> APIRouter:
    """The route."""
    router = APIRouter()
    reading = asyncio.Semaphore(_READ_AT_ONCE)

    async def read(form: TableForm) -> Table:
        try:
            async with asyncio.timeout(_WAIT_S):
                await reading.acquire()
        except TimeoutError as error:
            raise Overloaded(
                "Other tables are being read. Try again in a moment.", retry_after=_WAIT_S
            ) from error
        try:
            grid = await run_in_threadpool(read_grid, form.content, form.sheet)
            return await run_in_threadpool(read_table, grid, form.mapping)
        finally:
            reading.release()

    @router.post("/v1/bulk/table", response_model=None)
    async def take_table(
        request: Request,
        partner: Partner = "local",
        dry_run: bool = False,  # noqa: FBT001, FBT002 - FastAPI reads it from the query
        rows: Annotated[int, Query(ge=0, le=200)] = 5,
    ) -> Response | TablePreview:
        form = await read_table_form(request)
        with ExitStack() as turn:
            turn.callback(turns.take())
            table = await read(form)
            if dry_run:
                return await run_in_threadpool(preview, table, form.defaults, rows)
            for reason in why_useless(table):
                raise InvalidInput(reason, errors=(FieldError("/mapping", "Name its column"),))
            reports = RowReader(table, form.defaults).reports()
            answers = _answers(request, intake, partner, reports)
            # It ends with the stream, and not here.
            return AnswerStream(answers, turn.pop_all().close)

    return router


async def _answers(
    request: Request, intake: Intake, partner: str, reports: Iterator[RowReport]
) -> AsyncIterator[bytes]:
    statuses: Counter[int] = Counter()
    stopped = None
    while stopped is None:
        # Nobody is told any more, so that nothing more is taken in.
        if await request.is_disconnected():
            return
        answers = await run_in_threadpool(_take_some, intake, partner, reports)
        if not answers:
            break
        for answer in answers:
            statuses[answer.status] += 1
            yield ndjson(answer)
        stopped = answers[-1].problem if stops(answers[-1]) else None
    yield ndjson(summary_of(statuses, stopped))


def _take_some(intake: Intake, partner: str, reports: Iterator[RowReport]) -> list[Answer]:
    answers: list[Answer] = []
    for each in islice(reports, _AT_ONCE):
        answers.append(_take(intake, partner, each))
        if stops(answers[-1]):
            break
    return answers


def _take(intake: Intake, partner: str, row: RowReport) -> Answer:
    try:
        if isinstance(row.report, InvalidInput):
            raise row.report
        answer = hand_over(intake, partner, row.report)
    except NavigatorError as error:
        answer = refusal(error)
    return answer.model_copy(update={"row": row.row, "warnings": row.warnings})
