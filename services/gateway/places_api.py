"""Places to pick one's own from: documented here, carried out by recommend."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from libs.events.places import FoundPlaces, PlacesQuery
from libs.runtime.http import answer_head
from services.gateway.forwarding import Forwarder
from services.gateway.openapi import problems


def places_routes(recommend: Forwarder) -> APIRouter:
    """The route of officers who say where they are."""
    router = APIRouter(tags=["officers"])

    @router.get(
        "/v1/places",
        summary="Places whose names begin so",
        response_model=FoundPlaces,
        responses=problems(422, 503),
    )
    async def places(
        request: Request,
        query: Annotated[PlacesQuery, Query()],  # noqa: ARG001 - documented here, read by recommend
    ) -> Response:
        """Around the Baltic Sea, from 500 inhabitants on; the largest first, and no next page.

        In any spelling, with or without accents. Those whose own name begins so come before those
        that are also called so. They are populated places, no municipalities. Show `attribution`
        beside them.
        """
        return await recommend.forward(request)

    return answer_head(router)
