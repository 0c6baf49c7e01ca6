"""The public JSON API: documented here, carried out by the services behind."""

import httpx
from fastapi import APIRouter, Request, Response

from libs.events.recommendation import Recommendations
from libs.events.report import Receipt, ReportContent
from libs.runtime.http import answer_head
from services.gateway.forwarding import Followers, Forwarder
from services.gateway.intake_api import DocumentVersion, Known, ReportId, intake_routes
from services.gateway.openapi import NOT_MODIFIED, ORIGINAL, json_body, problems
from services.gateway.platform_status import PlatformStatus, read_status


def routes(ingest: Forwarder, followers: Followers, recommend: Forwarder) -> APIRouter:
    """The routes of partners and client apps."""
    router = APIRouter()
    router.include_router(intake_routes(ingest))
    _add_status_routes(router, ingest, followers)
    _add_content_routes(router, ingest)

    @router.post(
        "/v1/recommendations",
        tags=["officers"],
        summary="Describe a challenge, get methods that worked elsewhere",
        response_model=Recommendations,
        responses=problems(413, 422, 503),
        openapi_extra=json_body("RecommendationRequest"),
    )
    async def recommendations(request: Request) -> Response:
        """In any of the ten languages. Each quotation is verbatim and says where it stands."""
        return await recommend.forward(request)

    return answer_head(router)


# Each path's id is documented here and read by ingest.
def _add_status_routes(router: APIRouter, ingest: Forwarder, followers: Followers) -> None:
    @router.get(
        "/v1/reports/{report_id}",
        tags=["partners"],
        summary="A report's receipt: its status and history",
        response_model=Receipt,
        responses=problems(404, 422, 503) | NOT_MODIFIED,
    )
    async def receipt(
        request: Request,
        report_id: ReportId,  # noqa: ARG001 - documented here, read by ingest
        if_none_match: Known = None,  # noqa: ARG001 - the same
    ) -> Response:
        return await ingest.forward(request)

    @router.get(
        "/v1/reports/{report_id}/events",
        tags=["partners"],
        summary="Follow the status as server-sent events, until it is final",
        responses=problems(404, 422, 429, 503) | {200: {"content": {"text/event-stream": {}}}},
    )
    async def events(request: Request, report_id: ReportId) -> Response:  # noqa: ARG001
        return await followers.follow(request)


def _add_content_routes(router: APIRouter, ingest: Forwarder) -> None:
    @router.get(
        "/v1/reports/{report_id}/content",
        tags=["partners"],
        summary="The normalised text",
        response_model=ReportContent,
        responses=problems(404, 410, 422, 503) | NOT_MODIFIED,
    )
    async def content(
        request: Request,
        report_id: ReportId,  # noqa: ARG001 - documented here, read by ingest
        if_none_match: Known = None,  # noqa: ARG001 - the same
    ) -> Response:
        return await ingest.forward(request)

    @router.get(
        "/v1/reports/{report_id}/document",
        tags=["partners"],
        summary="The original document; of several the first",
        response_class=Response,
        responses=problems(404, 410, 422, 503) | ORIGINAL,
    )
    async def document(
        request: Request,
        report_id: ReportId,  # noqa: ARG001 - documented here, read by ingest
        version: DocumentVersion = None,  # noqa: ARG001 - the same
        if_none_match: Known = None,  # noqa: ARG001 - the same
    ) -> Response:
        return await ingest.forward(request)


def status_routes(clients: dict[str, httpx.AsyncClient]) -> APIRouter:
    """The route of operators."""
    router = APIRouter()

    @router.get("/v1/status", tags=["operators"], summary="How the platform is")
    async def status() -> PlatformStatus:
        """Each service with its dependencies, and how many reports stand where."""
        return await read_status(clients)

    return router
