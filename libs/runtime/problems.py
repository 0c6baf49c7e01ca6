"""Errors over HTTP: `application/problem+json` (RFC 9457), and never a stack trace."""

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.middleware.body_limit import MAX_BODY_SIZE_SCOPE_KEY
from starlette.requests import ClientDisconnect
from starlette.routing import Match, Mount

from libs.errors import (
    BY_STATUS,
    Conflict,
    FieldError,
    InvalidInput,
    NavigatorError,
    Overloaded,
    TooLarge,
    Unavailable,
)
from libs.events.pointers import json_pointer
from libs.telemetry.propagation import current_trace_id

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
# nginx' status for a caller that went away; it is in the metrics only, for nobody reads it.
_CALLER_LEFT = 499
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def problem_document(
    *,
    status: int,
    code: str,
    title: str,
    detail: str,
    retryable: bool = False,
    errors: tuple[FieldError, ...] = (),
) -> dict[str, object]:
    """The problem as a JSON object; `errors` name fields by JSON pointer."""
    document: dict[str, object] = {
        "type": f"urn:navigator:problem:{code}",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
        "retryable": retryable,
        "trace_id": current_trace_id(),
    }
    if errors:
        document["errors"] = [{"pointer": e.pointer, "detail": e.detail} for e in errors]
    return document


def problem_of(error: NavigatorError) -> dict[str, object]:
    """The problem document of one of our errors."""
    return problem_document(
        status=error.status,
        code=error.code,
        title=error.title,
        detail=error.detail,
        retryable=error.retryable,
        errors=error.errors,
    )


def too_large(max_bytes: int) -> TooLarge:
    """What is said of a body over the limit, whether it was announced or came unannounced."""
    return TooLarge(
        f"The body is over {max_bytes} bytes. Send a smaller document, or ask the operators to "
        "raise NAVIGATOR_MAX_BODY_BYTES."
    )


def too_many_bytes(max_bytes: int) -> TooLarge:
    """The same of a stream of many reports."""
    return TooLarge(
        f"The stream is over {max_bytes} bytes. Send it in parts, or ask the operators to raise "
        "NAVIGATOR_MAX_BULK_BYTES."
    )


def retry_headers(error: NavigatorError) -> dict[str, str]:
    """When to try again, in seconds; nothing where that would not help."""
    if isinstance(error, Overloaded | Conflict) and error.retry_after is not None:
        return {"retry-after": str(max(1, round(error.retry_after)))}
    return {"retry-after": "5"} if isinstance(error, Unavailable) else {}


def problem_response(
    document: Mapping[str, object], headers: Mapping[str, str] | None = None
) -> Response:
    """The document as a response with its own status."""
    return Response(
        # What it quotes may hold half a character, which must not make a bug of a refusal.
        json.dumps(document, ensure_ascii=False).encode(errors="replace"),
        status_code=int(str(document["status"])),
        media_type=MEDIA_TYPE,
        headers=dict(headers or {}),
    )


def install_problem_handlers(app: FastAPI) -> None:
    """Make every error of an app a problem document."""
    for kind in (
        NavigatorError,
        RequestValidationError,
        HTTPException,
        ClientDisconnect,
        Exception,
    ):
        app.add_exception_handler(kind, tell_problem)


async def tell_problem(request: Request, error: Exception) -> Response:
    """The answer to a request that ended with an error."""
    match error:
        case NavigatorError():
            return problem_response(problem_of(error), retry_headers(error))
        case RequestValidationError():
            return problem_response(problem_of(_invalid(error)))
        case HTTPException():
            return _refused(request, error)
        case ClientDisconnect():
            # Not a bug and not worth a traceback: somebody closed a laptop.
            return Response(status_code=_CALLER_LEFT)
        case _:
            return _bug(request, error)


def _invalid(error: RequestValidationError) -> InvalidInput:
    fields = tuple(
        FieldError(pointer=_pointer(found["loc"]), detail=str(found["msg"]))
        for found in error.errors()
    )
    return InvalidInput("The request is not as described; see errors.", errors=fields)


def _pointer(location: tuple[int | str, ...]) -> str:
    # FastAPI says where a value stood: body, query, path or header. A JSON pointer into the
    # body needs no such word; for the others it tells which parameter is meant.
    place = location[1:] if location and location[0] == "body" else location
    return json_pointer(place)


def _refused(request: Request, error: HTTPException) -> Response:
    status = error.status_code
    known = InvalidInput if status == HTTPStatus.BAD_REQUEST else BY_STATUS.get(status)
    headers = dict(error.headers or {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers = {"allow": _allowed(request) or headers.get("Allow", "")}
    document = problem_document(
        status=status,
        code=known.code if known else f"http-{status}",
        title=known.title if known else "Request refused",
        detail=_sentence(request, error, headers),
        retryable=status >= 500 and status != HTTPStatus.NOT_IMPLEMENTED,  # noqa: PLR2004
    )
    return problem_response(document, headers)


def _sentence(request: Request, error: HTTPException, headers: Mapping[str, str]) -> str:
    # The framework refuses in two or three words, which do not say what to do.
    match error.status_code:
        case HTTPStatus.BAD_REQUEST:
            reason = error.detail.rstrip(".")
            return f"The request cannot be read: {reason}. See /docs for what is taken."
        case HTTPStatus.NOT_FOUND:
            return "There is nothing at this address. All addresses are described at /docs."
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return f"This address does not take {request.method}. It takes: {headers['allow']}."
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return too_large(request.scope[MAX_BODY_SIZE_SCOPE_KEY]).detail
        case _:
            return str(error.detail)


def _allowed(request: Request) -> str:
    # One address may have a route for each method, and the framework names one route's only.
    scope = {"type": "http", "path": request.scope["path"], "root_path": "", "headers": []}
    routes = [route for route in request.app.router.routes if not isinstance(route, Mount)]
    return ", ".join(
        method
        for method in _METHODS
        if any(route.matches({**scope, "method": method})[0] is Match.FULL for route in routes)
    )


def _bug(request: Request, error: Exception) -> Response:
    # The server logs the traceback; this line adds the trace that it belongs to.
    log.error("unexpected error", extra={"path": request.url.path, "error": type(error).__name__})
    document = problem_document(
        status=500,
        code="internal",
        title="Internal error",
        detail="Something went wrong here. Tell the operators the trace_id.",
    )
    return problem_response(document)
