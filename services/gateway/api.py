"""The public JSON API: documented here, carried out by the services behind."""

from typing import Annotated

import httpx
from fastapi import APIRouter, Path, Query, Request, Response

from libs.events.listing import ReportPage
from libs.events.recommendation import Recommendations
from libs.events.report import Receipt, ReportContent, ReportStatus
from services.gateway.forwarding import Followers, Forwarder
from services.gateway.openapi import CHALLENGE_BODY, SUBMISSION_BODY, problems
from services.gateway.platform_status import PlatformStatus, read_status

ReportId = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$", description="From `Location`.")]


def routes(ingest: Forwarder, followers: Followers, recommend: Forwarder) -> APIRouter:
    """The routes of partners and client apps."""
    router = APIRouter()
    _add_intake_routes(router, ingest)
    _add_status_routes(router, ingest, followers)
    _add_content_routes(router, ingest)

    @router.post(
        "/v1/recommendations",
        tags=["officers"],
        summary="Describe a challenge, get methods that worked elsewhere",
        response_model=Recommendations,
        responses=problems(413, 422, 503),
        openapi_extra=CHALLENGE_BODY,
    )
    async def recommendations(request: Request) -> Response:
        """In any of the ten languages. Each quotation is verbatim and says where it stands."""
        return await recommend.forward(request)

    return router


def _add_intake_routes(router: APIRouter, ingest: Forwarder) -> None:
    @router.post(
        "/v1/reports",
        tags=["partners"],
        summary="Hand over a report",
        status_code=202,
        response_model=Receipt,
        responses=problems(413, 415, 422, 503)
        | {200: {"model": Receipt, "description": "The same was there already"}},
        openapi_extra=SUBMISSION_BODY,
    )
    async def submit(request: Request) -> Response:
        """As JSON, or as a file with metadata beside it. Follow it at the `Location`."""
        return await ingest.forward(request)

    @router.get(
        "/v1/reports",
        tags=["partners"],
        summary="List reports in order of arrival",
        response_model=ReportPage,
        responses=problems(422, 503),
    )
    async def list_reports(
        request: Request,
        status: ReportStatus | None = None,  # noqa: ARG001 - documents the query; ingest reads it
        cursor: str | None = None,  # noqa: ARG001 - the same
        limit: Annotated[int, Query(ge=1, le=200)] = 50,  # noqa: ARG001 - the same
    ) -> Response:
        """`next` of a page is the `cursor` of the one behind it."""
        return await ingest.forward(request)

    @router.delete(
        "/v1/reports/{report_id}",
        tags=["partners"],
        summary="Withdraw a report",
        response_model=Receipt,
        responses=problems(404, 422, 503),
    )
    async def withdraw(request: Request, report_id: ReportId) -> Response:  # noqa: ARG001
        return await ingest.forward(request)


# Each path's id is documented here and read by ingest.
def _add_status_routes(router: APIRouter, ingest: Forwarder, followers: Followers) -> None:
    @router.get(
        "/v1/reports/{report_id}",
        tags=["partners"],
        summary="A report's receipt: its status and history",
        response_model=Receipt,
        responses=problems(404, 422, 503),
    )
    async def receipt(request: Request, report_id: ReportId) -> Response:  # noqa: ARG001
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
        responses=problems(404, 410, 422, 503),
    )
    async def content(request: Request, report_id: ReportId) -> Response:  # noqa: ARG001
        return await ingest.forward(request)

    @router.get(
        "/v1/reports/{report_id}/document",
        tags=["partners"],
        summary="The original document; of several the first",
        responses=problems(404, 410, 422, 503),
    )
    async def document(request: Request, report_id: ReportId) -> Response:  # noqa: ARG001
        return await ingest.forward(request)


def status_routes(clients: dict[str, httpx.AsyncClient]) -> APIRouter:
    """The route of operators."""
    router = APIRouter()

    @router.get("/v1/status", tags=["operators"], summary="How the platform is")
    async def status() -> PlatformStatus:
        """Each service with its dependencies, and how many reports stand where."""
        return await read_status(clients)

    return router
