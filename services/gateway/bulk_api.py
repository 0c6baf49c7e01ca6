"""The public API of many reports at once: documented here, carried out by ingest."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from libs.events.tables import TablePreview
from services.gateway.duplex import DuplexForwarder
from services.gateway.openapi import REF, problems

BULK_PATH: Final = "/v1/bulk/reports"
_NDJSON: Final = "application/x-ndjson"
_ANSWERS: Final = "One line for each report, in order; the last one is the summary."
_ANSWER_LINES: Final[dict[str, Any]] = {
    _NDJSON: {
        "schema": {
            "anyOf": [
                {"$ref": REF.format(model="Answer")},
                {"$ref": REF.format(model="LastLine")},
            ]
        }
    }
}
_STREAM_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {_NDJSON: {"schema": {"$ref": REF.format(model="ReportSubmission")}}},
    }
}
_TABLE_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["document"],
                    "properties": {
                        "document": {
                            "type": "string",
                            "format": "binary",
                            "description": "CSV, XLSX, ODS, XLS, or a JSON list of flat objects.",
                        },
                        "mapping": {"$ref": REF.format(model="TableMapping")},
                        "defaults": {"$ref": REF.format(model="TableDefaults")},
                        "sheet": {"type": "string", "description": "Default: the largest one."},
                        "language": {"type": "string", "description": "Of all rows' texts."},
                    },
                }
            }
        },
    }
}


def bulk_routes(ingest: DuplexForwarder) -> APIRouter:
    """The routes of partners with many reports."""
    router = APIRouter()

    @router.post(
        BULK_PATH,
        tags=["partners"],
        summary="Hand over many reports as NDJSON, answered line by line",
        response_class=Response,
        responses=problems(413, 415, 422, 429, 503)
        | {200: {"description": _ANSWERS, "content": _ANSWER_LINES}},
        openapi_extra=_STREAM_BODY,
    )
    async def bulk(request: Request) -> Response:
        """One report as a JSON object in each line. Each is taken in or refused for itself.

        The answer begins at once: read it while you send. What was answered is kept when the
        stream breaks off; a `stopped` in the summary says why the rest was not looked at.
        """
        return await ingest.forward(request)

    @router.post(
        "/v1/bulk/table",
        tags=["partners"],
        summary="Hand over a table with a report in each row",
        response_model=TablePreview,
        responses=problems(413, 415, 422, 429, 503)
        | {
            200: {
                "description": f"{_ANSWERS} With `dry_run` instead how the file would be read.",
                "content": _ANSWER_LINES,
            }
        },
        openapi_extra=_TABLE_BODY,
    )
    async def table(
        request: Request,
        dry_run: bool = False,  # noqa: ARG001, FBT001, FBT002 - documents the query; ingest reads it
        rows: Annotated[int, Query(ge=0, le=200)] = 5,  # noqa: ARG001 - the same
    ) -> Response:
        """Columns are guessed from their headers, in ten languages, and from their cells.

        Look at the guess with `dry_run` first; what it got wrong goes into `mapping`. Cells that
        are not understood are left out with a warning, never guessed.
        """
        return await ingest.forward(request)

    return router
