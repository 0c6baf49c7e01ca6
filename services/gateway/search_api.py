"""Looking around in the collection: documented here, carried out by recommend."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from libs.events.facets import Facets, FacetsQuery, Themes
from libs.events.search import FoundPassages, Peers, SimilarProjects, SimilarQuery
from libs.runtime.http import answer_head
from services.gateway.forwarding import Forwarder
from services.gateway.openapi import json_body, problems

ProjectId = Annotated[
    str, Path(pattern=r"^[0-9a-f-]{36}$", description="The `report_id` of a project.")
]


def search_routes(recommend: Forwarder) -> APIRouter:
    """The routes of officers who look for more than one challenge's methods."""
    router = APIRouter(tags=["officers"])
    _add_questions(router, recommend)
    _add_counts(router, recommend)
    return answer_head(router)


# What stands in paths and queries is documented here and read by recommend.
def _add_questions(router: APIRouter, recommend: Forwarder) -> None:
    @router.post(
        "/v1/search",
        summary="Passages for a text, quoted with their place",
        response_model=FoundPassages,
        responses=problems(413, 422, 503),
        openapi_extra=json_body("SearchRequest"),
    )
    async def search(request: Request) -> Response:
        """Best first, several of one report among them. A higher `limit` goes further down."""
        return await recommend.forward(request)

    @router.post(
        "/v1/peers",
        summary="Organisations that have met a challenge, and whom to call",
        response_model=Peers,
        responses=problems(413, 422, 503),
        openapi_extra=json_body("PeersRequest"),
    )
    async def peers(request: Request) -> Response:
        """Lead organisations of the nearest projects, failed ones too. Nobody is recommended."""
        return await recommend.forward(request)

    @router.get(
        "/v1/projects/{report_id}/similar",
        summary="Projects near to a project",
        response_model=SimilarProjects,
        responses=problems(404, 422, 503),
    )
    async def similar(
        request: Request,
        report_id: ProjectId,  # noqa: ARG001
        query: Annotated[SimilarQuery, Query()],  # noqa: ARG001
    ) -> Response:
        """The nearest first. 404 for a report that is not in the collection, or not any more."""
        return await recommend.forward(request)


def _add_counts(router: APIRouter, recommend: Forwarder) -> None:
    @router.get(
        "/v1/facets",
        summary="Counts of reports by the values of the filters",
        response_model=Facets,
        responses=problems(422, 503),
    )
    async def facets(
        request: Request,
        query: Annotated[FacetsQuery, Query()],  # noqa: ARG001
    ) -> Response:
        """Under the same filters as a recommendation's; give a parameter twice for two values."""
        return await recommend.forward(request)

    @router.get(
        "/v1/themes",
        summary="What the collection knows of",
        response_model=Themes,
        responses=problems(503),
    )
    async def themes(request: Request) -> Response:
        """Counts of all reports by goal, theme, target group, country, year and outcome."""
        return await recommend.forward(request)
