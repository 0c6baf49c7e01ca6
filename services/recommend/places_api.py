"""Places to pick one's own from, over HTTP."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query

from libs.events.places import FoundPlaces, PlacesQuery
from libs.places.table import Places
from libs.runtime.http import answer_head


def places_routes(table: Callable[[], Places]) -> APIRouter:
    """The router. `table` gives the places, and reads them when it is first called."""
    router = APIRouter()

    @router.get("/v1/places")
    def places(query: Annotated[PlacesQuery, Query()]) -> FoundPlaces:
        return FoundPlaces(places=table().starting_with(query.q, query.country, query.limit))

    return answer_head(router)
