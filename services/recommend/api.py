"""Recommend over HTTP."""

from fastapi import APIRouter, Response

from libs.events.recommendation import RecommendationRequest, Recommendations
from services.recommend.recommender import Recommender


def routes(recommender: Recommender) -> APIRouter:
    """The router."""
    router = APIRouter()

    @router.post("/v1/recommendations", response_model=Recommendations)
    def recommend(request: RecommendationRequest) -> Response:
        return Response(recommender.recommend(request).json(), media_type="application/json")

    return router
