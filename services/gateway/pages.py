"""The web pages: ask, read a report, follow a trace. Server-rendered, without JavaScript."""

import re
from functools import partial
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from libs.errors import InvalidInput, NavigatorError, NotFound
from libs.events.recommendation import MAX_CHALLENGE_CHARS, RecommendationRequest
from libs.runtime.problems import problem_of, retry_headers
from services.gateway.backend import Backend
from services.gateway.provenance import found_out
from services.gateway.quotation import changed_since, quotation
from services.gateway.rendering import Page, Site
from services.gateway.waterfall import WIDTH, services, summary, waterfall

MOST_CARDS: Final = 10
MOST_TRACES: Final = 100
READ: Final = ["GET", "HEAD"]

_FEWEST_CHARS = 3
# What cannot be an id is not asked for: its "?" or ".." would make another address of it.
_REPORT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TRACE_ID = re.compile(r"[0-9a-f]{32}")


def pages(site: Site, backend: Backend) -> APIRouter:
    """The router of all pages; `static_files` belongs beside it, and `serve_error_pages`."""
    router = APIRouter(include_in_schema=False)

    @router.api_route("/", methods=READ)
    async def ask(request: Request) -> Response:
        return await _ask(backend, Page(site, request))

    @router.api_route("/reports/{report_id}", methods=READ)
    async def report(request: Request, report_id: str) -> Response:
        return await _report(backend, Page(site, request), report_id)

    @router.api_route("/ops/traces", methods=READ)
    async def traces(request: Request) -> Response:
        return await _traces(backend, Page(site, request))

    @router.api_route("/ops/traces/{trace_id}", methods=READ)
    async def trace(request: Request, trace_id: str) -> Response:
        return await _trace(backend, Page(site, request), trace_id)

    @router.api_route("/favicon.ico", methods=READ)
    def icon() -> Response:
        # Browsers ask for it by this name when what they show is not one of these pages.
        return RedirectResponse(site.static("icon.svg"))

    return router


async def _ask(backend: Backend, page: Page) -> Response:
    asked = page.query.get("q")
    # Browsers send a line break as two characters but count it as one.
    challenge = (asked or "").replace("\r\n", "\n").strip()
    hint = _hint(page, challenge) if asked is not None else None
    show = partial(
        page.show,
        "ask.html",
        challenge=challenge,
        limit=MAX_CHALLENGE_CHARS,
        hint=hint,
        said=page.query.get("said"),
    )
    if asked is None or hint:
        return show(status=InvalidInput.status if hint else 200, answer=None)
    wanted = {"challenge": challenge, "answer_language": page.texts.language, "limit": MOST_CARDS}
    try:
        answer = await backend.recommend(RecommendationRequest.model_validate(wanted))
    except NavigatorError as error:
        return show(error=problem_of(error), headers=retry_headers(error), answer=None)
    return show(answer=answer)


def _hint(page: Page, challenge: str) -> str | None:
    if len(challenge) < _FEWEST_CHARS:
        return page.texts("hint.empty")
    if len(challenge) > MAX_CHALLENGE_CHARS:
        return page.texts("hint.long", limit=MAX_CHALLENGE_CHARS)
    return None


async def _report(backend: Backend, page: Page, report_id: str) -> Response:
    if not _REPORT_ID.fullmatch(report_id):
        raise NotFound("That is not a report's id. Check the address.")
    content = await backend.content(report_id)
    changed = changed_since(page.query, content)
    return page.show(
        "report.html",
        content=content,
        report=content.report,
        found=found_out(content.report),
        changed=changed,
        quote=None if changed else quotation(page.query, content),
    )


async def _traces(backend: Backend, page: Page) -> Response:
    wanted = page.query.get("service") or None
    found = [spans for spans in await backend.traces(MOST_TRACES) if spans]
    known = {service for spans in found for service in services(spans)}
    return page.show(
        "traces.html",
        wanted=wanted,
        services=sorted(known | ({wanted} if wanted else set())),
        traces=[summary(spans) for spans in found if not wanted or wanted in services(spans)],
    )


async def _trace(backend: Backend, page: Page, trace_id: str) -> Response:
    if not _TRACE_ID.fullmatch(trace_id):
        raise NotFound("A trace id is 32 hexadecimal digits. Check the address.")
    spans = await backend.trace(trace_id)
    if not spans:
        raise NotFound(f"Trace {trace_id} is not known here.")
    return page.show(
        "trace.html",
        trace=summary(spans),
        bars=waterfall(spans),
        timeline=WIDTH,
    )
