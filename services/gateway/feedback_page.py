"""The buttons under a card: a plain form whose answer is the page again, with thanks."""

import hashlib
from typing import Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from libs.errors import InvalidInput, TooLarge
from libs.events.feedback import FeedbackRequest
from services.gateway.backend import Backend
from services.gateway.forwarding import client_address
from services.gateway.rendering import Page, Site

# A question of 5,000 characters, each written as %XX up to four times, and the other fields.
MOST_FORM_BYTES: Final = 64_000
_MOST_FIELDS: Final = 10
_FROM_HERE: Final = {None, "same-origin", "none"}


def feedback_page(site: Site, backend: Backend) -> APIRouter:
    """The router."""
    router = APIRouter(include_in_schema=False)

    @router.post("/feedback")
    async def give(request: Request) -> Response:
        if request.headers.get("sec-fetch-site") not in _FROM_HERE:
            # Otherwise any page that somebody looks at could vote in her place.
            raise InvalidInput("This form was not sent by a page of Navigator. Use its buttons.")
        form = await _form(request)
        asked = form.get("q", "")
        await backend.give_feedback(_given(form, asked), client_address(request))
        page = Page(site, request)
        address = page.url("/", q=asked, said=form["report_id"])
        return RedirectResponse(f"{address}#said", status_code=303)

    return router


async def _form(request: Request) -> dict[str, str]:
    """The fields of an urlencoded form; of a repeated one the last."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_FORM_BYTES:
            raise TooLarge("The form is too large. Ask in fewer words.")
    try:
        return dict(parse_qsl(body.decode("ascii"), max_num_fields=_MOST_FIELDS))
    except ValueError as error:
        raise InvalidInput("The form cannot be read. Use a button under a card.") from error


def _given(form: dict[str, str], asked: str) -> FeedbackRequest:
    version = form.get("version", "")
    try:
        return FeedbackRequest.model_validate(
            {
                "report_id": form.get("report_id"),
                "version": int(version) if version.isdecimal() and len(version) < 10 else None,  # noqa: PLR2004 - digits
                "verdict": form.get("verdict"),
                "answer": form.get("answer"),
                "challenge": hashlib.sha256(asked.encode(errors="replace")).hexdigest(),
            }
        )
    except ValidationError as error:
        raise InvalidInput("The form says too little. Use a button under a card.") from error
