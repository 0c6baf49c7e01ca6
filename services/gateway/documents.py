"""The originals of a report, each by its number."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from services.gateway.forwarding import Forwarder
from services.gateway.intake_api import DocumentVersion, Known, ReportId
from services.gateway.openapi import NOT_MODIFIED, problems

# As large as an INTEGER of PostgreSQL.
Number = Annotated[
    int, Path(ge=0, le=2**31 - 1, description="Counts the report's documents from 0.")
]


def document_routes(ingest: Forwarder) -> APIRouter:
    """The route of partners and client apps to one of several documents."""
    router = APIRouter()

    @router.get(
        "/v1/reports/{report_id}/documents/{number}",
        tags=["partners"],
        summary="One of the original documents",
        response_class=Response,
        responses=problems(404, 410, 422, 503)
        | NOT_MODIFIED
        | {200: {"content": {"application/octet-stream": {}}, "description": "As handed over"}},
    )
    async def document(
        request: Request,
        report_id: ReportId,  # noqa: ARG001 - documented here, read by ingest
        number: Number,  # noqa: ARG001 - the same
        version: DocumentVersion = None,  # noqa: ARG001 - the same
        if_none_match: Known = None,  # noqa: ARG001 - the same
    ) -> Response:
        """`documents` of a receipt and of a report's content tell their names and links."""
        return await ingest.forward(request)

    return router
