"""Many reports over HTTP: a stream of NDJSON, answered line by line."""

import logging
from collections import Counter
from collections.abc import AsyncIterator
from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from libs.errors import UnsupportedFormat
from libs.events.bulk import ndjson, summary_of
from libs.runtime.problems import too_many_bytes
from services.ingest.answer_stream import NDJSON, AnswerStream, Turns
from services.ingest.bulk import lines, stops, take_line, told
from services.ingest.intake import Intake
from services.ingest.request_headers import Partner

log = logging.getLogger(__name__)

PATH: Final = "/v1/bulk/reports"
_SYNONYMS: Final = frozenset({NDJSON, "application/ndjson", "application/jsonl"})


def bulk_routes(intake: Intake, turns: Turns, max_line_bytes: int, max_bytes: int) -> APIRouter:
    """The route. A line has the limit that one report has, the stream one of its own."""
    router = APIRouter()

    @router.post(PATH)
    async def take_stream(request: Request, partner: Partner = "local") -> Response:
        given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if given not in _SYNONYMS:
            raise UnsupportedFormat(
                f"Content type {given[:100] or '(none)'} is not taken here. Send {NDJSON}: one "
                "report as a JSON object in each line. A table goes to POST /v1/bulk/table."
            )
        turn = turns.take()
        answers = _answers(request, intake, partner, max_line_bytes, max_bytes)
        return AnswerStream(answers, turn)

    return router


async def _answers(
    request: Request, intake: Intake, partner: str, max_line_bytes: int, max_bytes: int
) -> AsyncIterator[bytes]:
    statuses: Counter[int] = Counter()
    stopped = None
    try:
        async for line in lines(request.stream(), max_line_bytes):
            answer = await run_in_threadpool(take_line, intake, partner, line, max_line_bytes)
            statuses[answer.status] += 1
            yield ndjson(answer)
            if stops(answer):
                stopped = answer.problem
                break
    except ClientDisconnect:
        # What was taken stays taken, and the line that was cut off is none.
        log.info("a stream of reports broke off", extra={"lines": statuses.total()})
        return
    except HTTPException:
        # The limit of the body, met while it came.
        stopped = told(too_many_bytes(max_bytes))
    yield ndjson(summary_of(statuses, stopped))
