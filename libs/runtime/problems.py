"""Errors over HTTP: `application/problem+json` (RFC 9457), and never a stack trace."""

import json
import logging
from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from libs.errors import (
    Conflict,
    FieldError,
    InvalidInput,
    NavigatorError,
    NotFound,
    Overloaded,
    TooLarge,
    Unavailable,
    UnsupportedFormat,
)
from libs.telemetry.propagation import current_trace_id

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
_BY_STATUS: dict[int, type[NavigatorError]] = {
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    415: UnsupportedFormat,
    422: InvalidInput,
    503: Unavailable,
}


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
        "type": f"/problems/{code}",
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


def problem_response(
    document: Mapping[str, object], headers: Mapping[str, str] | None = None
) -> Response:
    """The document as a response with its own status."""
    return Response(
        json.dumps(document, ensure_ascii=False).encode(),
        status_code=int(str(document["status"])),
        media_type=MEDIA_TYPE,
        headers=dict(headers or {}),
    )


def install_problem_handlers(app: FastAPI) -> None:
    """Make every error of an app a problem document."""
    app.add_exception_handler(NavigatorError, _on_navigator_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(Exception, _on_bug)


def _on_navigator_error(_request: Request, error: Exception) -> Response:
    if not isinstance(error, NavigatorError):
        raise error
    headers = {}
    if isinstance(error, Overloaded):
        headers["retry-after"] = str(max(1, round(error.retry_after)))
    elif isinstance(error, Unavailable):
        headers["retry-after"] = "5"
    return problem_response(problem_of(error), headers)


def _on_validation_error(_request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    fields = tuple(
        FieldError(pointer=_pointer(found["loc"]), detail=str(found["msg"]))
        for found in error.errors()
    )
    detail = "The request is not as described; see errors."
    return problem_response(problem_of(InvalidInput(detail, errors=fields)))


def _pointer(location: tuple[int | str, ...]) -> str:
    # FastAPI says where a value stood: body, query, path or header. A JSON pointer into the
    # body needs no such word; for the others it tells which parameter is meant.
    place = location[1:] if location and location[0] == "body" else location
    return "".join(f"/{part}" for part in place)


def _on_http_error(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    known = _BY_STATUS.get(error.status_code)
    return problem_response(
        problem_document(
            status=error.status_code,
            code=known.code if known else f"http-{error.status_code}",
            title=known.title if known else "Request refused",
            detail=str(error.detail),
            retryable=error.status_code >= 500 and error.status_code != 501,  # noqa: PLR2004
        ),
        error.headers,
    )


def _on_bug(request: Request, error: Exception) -> Response:
    # The server logs the traceback; this line adds the trace that it belongs to.
    log.error("unexpected error", extra={"path": request.url.path, "error": type(error).__name__})
    document = problem_document(
        status=500,
        code="internal",
        title="Internal error",
        detail="Something went wrong here. Tell the operators the trace_id.",
    )
    return problem_response(document)
