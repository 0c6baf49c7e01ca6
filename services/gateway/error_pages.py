"""Errors told to people as pages, in their language, and to programs as problems."""

import json
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from libs.errors import NavigatorError
from libs.runtime.problems import tell_problem
from services.gateway.rendering import Page, Site

# Whoever asks for one of these wants a page, whatever else she says that she takes.
_PAGES: Final = ("/reports/", "/ops/")
_KEPT: Final = ("retry-after", "allow")


def serve_error_pages(app: FastAPI, site: Site) -> None:
    """Show errors as pages to those who look at pages; all others are told a problem."""

    async def tell(request: Request, error: Exception) -> Response:
        told = await tell_problem(request, error)
        if not _wants_page(request):
            return told
        kept = {name: told.headers[name] for name in _KEPT if name in told.headers}
        return Page(site, request).show_problem(json.loads(bytes(told.body)), kept)

    for kind in (NavigatorError, HTTPException, Exception):
        app.add_exception_handler(kind, tell)


def _wants_page(request: Request) -> bool:
    path = request.url.path
    accepted = request.headers.get("accept", "")
    return path == "/" or path.startswith(_PAGES) or "text/html" in accepted
