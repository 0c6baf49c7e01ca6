"""Looking around in the collection, over HTTP."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query

from libs.events.facets import Facets, FacetsQuery, Themes
from libs.events.search import (
    FoundPassages,
    Peers,
    PeersRequest,
    SearchRequest,
    SimilarProjects,
    SimilarQuery,
)
from libs.runtime.http import answer_head
from libs.vectors.port import PassageIndex
from services.recommend.facets import facets
from services.recommend.passage_search import PassageSearch
from services.recommend.peers import PeerFinder
from services.recommend.similar import similar_projects
from services.recommend.themes import KnownThemes


def search_routes(
    search: PassageSearch,
    finder: PeerFinder,
    known: KnownThemes,
    active: Callable[[], PassageIndex],
) -> APIRouter:
    """The router. `active` gives the collection that is read."""
    router = APIRouter()

    @router.post("/v1/search")
    def passages(request: SearchRequest) -> FoundPassages:
        return search.search(request)

    @router.post("/v1/peers")
    def peers(request: PeersRequest) -> Peers:
        return finder.find(request)

    @router.get("/v1/projects/{report_id}/similar")
    def similar(report_id: str, query: Annotated[SimilarQuery, Query()]) -> SimilarProjects:
        return similar_projects(active(), search.records, report_id, query)

    @router.get("/v1/facets")
    def counted(query: Annotated[FacetsQuery, Query()]) -> Facets:
        return facets(active(), query)

    @router.get("/v1/themes")
    def themes() -> Themes:
        return known.get()

    return answer_head(router)
